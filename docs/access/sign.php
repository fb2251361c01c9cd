<?php
// Signs links to Safelight: `php sign.php vectors.json` compares with the vectors.

function base36(int $number): string { return base_convert((string) $number, 10, 36); }

function sign(string $kid, string $key, string $scope, string $subject, string $query, int $epoch, int $expires, array $fields = []): string
{
    $message = "safelight-link-1\n$scope\n$subject\n$epoch\n$query\n$expires";
    $mac = base64_encode(hash_hmac('sha256', $message, base64_decode($key), true));
    $parts = [$scope . $kid, base36($expires), ...$fields, ...($epoch ? [base36($epoch)] : [])];
    return implode('.', [...$parts, rtrim(strtr($mac, '+/', '-_'), '=')]);
}

function sign_vector(string $kid, string $key, array $link): string
{
    $path = preg_replace('#^/(api/v1/)?#', '', $link['path']);
    [$subject, $query, $fields] = [$path, $link['query'] ?? '', []];
    if (str_contains('io', $link['scope'])) {
        [$subject, $query] = ['images/' . strtolower(explode('/', $path)[1]), ''];
    } elseif (str_contains('aw', $link['scope'])) {
        [$subject, $query, $fields] = ['albums/' . $link['album'], '', [$link['album']]];
    }
    if ($link['scope'] === 'w') {
        $query = "maxBytes={$link['maxBytes']}&nonce={$link['nonce']}";
        array_push($fields, base36($link['maxBytes']), base36($link['nonce']));
    }
    return sign($kid, $key, $link['scope'], $subject, $query, $link['epoch'], $link['expires'], $fields);
}

$vectors = json_decode(file_get_contents($argv[1]), true);
foreach ($vectors['links'] as $link) {
    $signature = sign_vector($vectors['kid'], $vectors['key'], $link);
    if ($signature !== $link['sig']) {
        throw new Exception(json_encode($link) . ": $signature");
    }
}
echo count($vectors['links']), " links are as they should be\n";
