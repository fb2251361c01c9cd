//! Clients that race, a process that is killed again and again, and a model in memory that
//! has to agree with all that was told.
//!
//! Several clients do things at random with few names, so that they get in each other's way.
//! The process is killed in the middle and started again on the same folder. After each such
//! life its events are read, and the checker asks whether they explain what every client did
//! and was told. The same seed makes each client choose the same, as far as what it was told
//! is the same; when the threads take turns, and when exactly the process dies, is not
//! repeated.
//!
//! `MODEL_SEEDS` says how many seeds, `MODEL_SEED` which one, `MODEL_OPERATIONS` and
//! `MODEL_KILLS` how much is done with each.

mod checker;
mod client;
mod histories;
mod operation;
mod run;
mod state;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use self::operation::Random;
use self::run::Run;

const OPERATIONS: usize = 600;
const KILLS: usize = 3;

#[test]
fn whatever_clients_do_and_whenever_it_crashes_the_store_is_as_the_model_says() {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let count = |name, default| number(name).map_or(default, |number| usize::try_from(number).unwrap());
    let (operations, kills) = (count("MODEL_OPERATIONS", OPERATIONS), count("MODEL_KILLS", KILLS));
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let mut random = Random((u64::from(clock.subsec_nanos()) << 32) ^ clock.as_secs());
    let seeds: Vec<_> = match number("MODEL_SEED") {
        Some(seed) => vec![seed],
        None => (0..count("MODEL_SEEDS", 1)).map(|_| random.next() >> 32).collect(),
    };
    for seed in seeds {
        let replay = format!("MODEL_SEED={seed} MODEL_OPERATIONS={operations} MODEL_KILLS={kills}");
        println!("the model: to replay, {replay} cargo test -p image-cache --test api model -- --nocapture");
        let begun = Instant::now();
        match catch_unwind(AssertUnwindSafe(|| Run::new(seed).run(operations, kills))) {
            Ok(Ok(summary)) => println!("  {summary}, {:.1?}", begun.elapsed()),
            Ok(Err(anomaly)) => panic!("{replay}: {anomaly}"),
            Err(panic) => panic!("{replay}: {}", text_of(&*panic)),
        }
    }
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked")
}
