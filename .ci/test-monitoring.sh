#!/usr/bin/env bash
# Metrics, alert rules and dashboard against a running pair: `make test-monitoring`.
# RENEW=1 writes the table of metrics in docs/operations.md instead of comparing it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

monitoring=docs/monitoring
work=$(mktemp -d)
service=
prometheus=
finish() {
  for process in $service $prometheus; do
    kill "$process" 2>/dev/null || true
    wait "$process" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap finish EXIT

# SAFELIGHT names a binary that was built already.
if [ -z "${SAFELIGHT:-}" ]; then
  cargo build --quiet --locked -p safelight
  SAFELIGHT=$(cargo metadata --no-deps --format-version 1 |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')/debug/safelight
fi

# With a broker that is away, so that there are metrics of the broker.
"$SAFELIGHT" serve --data-dir "$work/data" --cache-listen 127.0.0.1:0 --processor-listen 127.0.0.1:0 \
  --gateway-listen 127.0.0.1:0 --mqtt-url mqtt://127.0.0.1:1 --log-format json 2>"$work/log" &
service=$!
address_of() { sed -n "s|.*$1 listens at http://\([0-9.:]*\).*|\1|p" "$work/log"; }
wait_for() { # what, command
  local what=$1
  shift
  for _ in $(seq 300); do
    "$@" >/dev/null 2>&1 && return
    sleep 0.1
  done
  cat "$work/log" >&2
  echo "waited in vain for $what" >&2
  exit 1
}
listening() { [ -n "$(address_of gateway)" ]; }
wait_for "the services" listening
cache=$(address_of image-cache) processor=$(address_of image-processor) gateway=$(address_of gateway)

# Something to count.
ask() { curl --noproxy '*' --silent --show-error --max-time 10 --output /dev/null "$@"; }
id=$(curl --noproxy '*' --silent --fail -F file=@docs/astronaut.jpg "http://$cache/images" |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])')
ask "http://$processor/blurred-images/$id"
ask "http://$gateway/images/$id?width=100"
ask "http://$processor/nothing"

python3 .ci/monitoring.py ${RENEW:+--renew} "image-cache=http://$cache" "image-processor=http://$processor" \
  "gateway=http://$gateway"

promtool check rules "$monitoring/alerts.yml"
promtool test rules "$monitoring/alerts.test.yml"
promtool check config "$monitoring/prometheus.yml"

cp "$monitoring/alerts.yml" "$work/"
sed -e "s/127.0.0.1:3000/$cache/" -e "s/127.0.0.1:3001/$processor/" -e "s/127.0.0.1:8080/$gateway/" -e 's/_interval: 15s/_interval: 1s/' \
  "$monitoring/prometheus.yml" >"$work/prometheus.yml"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/tsdb" \
  --web.listen-address="127.0.0.1:$port" >"$work/prometheus.log" 2>&1 &
prometheus=$!
wait_for "Prometheus" ask --fail "http://127.0.0.1:$port/-/ready"
up() {
  promtool query instant "http://127.0.0.1:$port" 'count(up{job=~"image-cache|image-processor|gateway"} == 1) == 3' | grep -q '=> 3'
}
wait_for "all targets to be up" up
# Rates need a change between two scrapes.
(while ask "http://$processor/blurred-images/$id?sigma=$RANDOM"; do sleep 1; done) &
asking=$!
python3 .ci/monitoring.py --queries "http://127.0.0.1:$port" || { kill "$asking"; exit 1; }
kill "$asking"
firing=$(promtool query instant "http://127.0.0.1:$port" 'ALERTS{alertstate="firing"}')
[ -z "$firing" ] || { echo "an alert fires at rest: $firing" >&2; exit 1; }
echo "monitoring: metrics, rules and dashboard fit the services"
