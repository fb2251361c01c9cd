//! The memory tier alone.

use bytes::Bytes;
use cache::Memory;

fn memory(capacity_bytes: u64) -> Memory<u32, Bytes> {
    Memory::new(capacity_bytes, Bytes::len)
}

#[test]
fn what_was_inserted_is_found_until_it_is_removed() {
    let memory = memory(1 << 20);
    memory.insert(1, Bytes::from_static(b"one"));
    assert_eq!(memory.get(&1).unwrap(), "one");
    assert_eq!(memory.get(&2), None);
    memory.insert(1, Bytes::from_static(b"uno"));
    assert_eq!(memory.get(&1).unwrap(), "uno");
    memory.remove(&1);
    assert_eq!(memory.get(&1), None);
    assert_eq!((memory.bytes(), memory.entries()), (0, 0));
}

#[test]
fn ten_thousand_values_never_take_more_than_the_capacity() {
    let capacity = 1 << 20;
    let memory = memory(capacity);
    for number in 0..10_000u32 {
        // Up to the largest size that is kept, so that a late eviction would show.
        let len = number.wrapping_mul(7919) as usize % memory.max_value_bytes();
        memory.insert(number, Bytes::from(vec![0; len]));
        assert!(memory.bytes() <= capacity, "{} bytes after insert {number}", memory.bytes());
    }
    let held: usize = (0..10_000).filter_map(|number| memory.get(&number)).map(|value| value.len()).sum();
    assert!(held as u64 <= capacity, "{held} bytes can be reached");
    assert!(held > 0 && memory.evictions() > 0);
}

/// moka by itself lets inserts pile up before it evicts, and counts only what it has
/// looked at; so this counts what can be reached.
#[test]
fn a_burst_of_large_values_does_not_break_the_bound() {
    let capacity = 1 << 20;
    let memory = memory(capacity);
    for number in 0..40 {
        memory.insert(number, Bytes::from(vec![0; memory.max_value_bytes()]));
    }
    let held: usize = (0..40).filter_map(|number| memory.get(&number)).map(|value| value.len()).sum();
    assert!(held as u64 <= capacity, "{held} bytes can be reached");
}

#[test]
fn a_value_that_would_push_out_many_others_is_not_kept() {
    let memory = memory(1 << 20);
    let largest = memory.max_value_bytes();
    assert!((120_000..=131_072).contains(&largest), "{largest}");
    memory.insert(1, Bytes::from(vec![0; largest]));
    assert!(memory.get(&1).is_some());
    // Nor does the value stay that it was to replace.
    memory.insert(1, Bytes::from(vec![0; largest + 1]));
    assert_eq!(memory.get(&1), None);
}

#[test]
fn no_capacity_is_no_memory() {
    let memory = memory(0);
    memory.insert(1, Bytes::new());
    memory.insert(2, Bytes::from_static(b"two"));
    assert_eq!((memory.get(&1), memory.get(&2), memory.bytes()), (None, None, 0));
}

#[test]
fn a_value_that_is_asked_for_often_outlives_a_flood_of_others() {
    let memory = memory(1 << 20);
    memory.insert(0, Bytes::from(vec![0; 1000]));
    for number in 1..10_000u32 {
        memory.insert(number, Bytes::from(vec![0; 1000]));
        memory.get(&0);
    }
    assert!(memory.get(&0).is_some());
}
