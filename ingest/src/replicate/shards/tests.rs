use proptest::prelude::*;

use super::*;

fn shard(id: &str, parent: Option<&str>) -> Shard {
    Shard {
        id: id.to_owned(),
        parent: parent.map(str::to_owned),
    }
}

fn lease(shard: &str, owner: Option<&str>, checkpoint: Option<Checkpoint>) -> Lease {
    Lease {
        shard: shard.to_owned(),
        owner: owner.map(str::to_owned),
        counter: 1,
        checkpoint,
    }
}

fn ended(shard: &str) -> Lease {
    lease(shard, None, Some(Checkpoint::End))
}

fn under_way(shard: &str, owner: &str) -> Lease {
    lease(shard, Some(owner), Some(Checkpoint::After("1".to_owned())))
}

/// Listed out of order; `trimmed` is no longer there.
fn tree() -> [Shard; 4] {
    [
        shard("c", Some("b")),
        shard("b", Some("a")),
        shard("a", Some("trimmed")),
        shard("x", None),
    ]
}

#[test]
fn a_shard_waits_for_a_parent_that_is_listed_and_not_done() {
    let workable = |leases: &[Lease]| super::workable(&tree(), &Leases::new(leases));
    assert_eq!(workable(&[]), ["a", "x"]);
    assert_eq!(workable(&[ended("a")]), ["b", "x"]);
    assert_eq!(workable(&[ended("a"), ended("x"), ended("b")]), ["c"]);
    assert_eq!(workable(&[ended("a"), ended("x"), ended("b"), ended("c")]), [""; 0]);
}

#[test]
fn a_scan_is_workable_until_it_has_ended() {
    let leases = [lease("scan-0", None, None), ended("scan-1"), lease(STREAM, None, None)];
    assert_eq!(workable(&[], &Leases::new(&leases)), ["scan-0"]);
}

#[test]
fn what_was_trimmed_before_its_end_was_missed() {
    let missed = |leases: &[Lease]| super::missed(&tree(), &Leases::new(leases));
    // Read to its end before it was trimmed, or its child was known already: nothing was missed.
    assert_eq!(missed(&[ended("trimmed")]), [""; 0]);
    assert_eq!(missed(&[under_way("a", "me")]), [""; 0]);
    assert_eq!(missed(&[under_way("trimmed", "me"), under_way("a", "me")]), ["trimmed"]);
    assert_eq!(missed(&[under_way("x", "me")]), ["trimmed"], "came and went unseen");
}

#[test]
fn an_ended_lease_is_kept_while_its_child_may_ask_for_it() {
    let leases = [ended("trimmed"), ended("older"), under_way("a", "me"), ended("scan-0")];
    let names: Vec<&str> = outlived(&tree(), &leases).map(|lease| lease.shard.as_str()).collect();
    assert_eq!(names, ["older"]);
}

#[test]
fn a_lease_that_nobody_renews_expires_by_our_own_clock() {
    let start = Instant::now();
    let at = |seconds| start + Duration::from_secs(seconds);
    let mut watch = Watch::new(Duration::from_secs(10));
    let mut it = under_way("a", "other");
    watch.observe(std::slice::from_ref(&it), at(0));
    assert!(!watch.expired(&it, at(9)));
    assert!(watch.expired(&it, at(10)));
    it.counter += 1;
    watch.observe(std::slice::from_ref(&it), at(10));
    assert!(!watch.expired(&it, at(19)));
}

proptest! {
    /// Replicators that take turns end with every shard held, nobody with two more than another, and then rest.
    #[test]
    fn the_load_becomes_even(shards in 0..40_usize, owners in 1..6_usize) {
        let names: Vec<String> = (0..shards).map(|number| format!("shard-{number:02}")).collect();
        let mut leases: Vec<Lease> = names.iter().map(|name| Lease::unwritten(name)).collect();
        let mut rounds = 0;
        loop {
            let mut moved = false;
            for me in (0..owners).map(|owner| format!("owner-{owner}")) {
                let mine = leases
                    .iter()
                    .filter(|lease| lease.owner.as_ref() == Some(&me))
                    .map(|lease| lease.shard.clone())
                    .collect();
                for name in to_take(&me, &names, &Leases::new(&leases.clone()), &mine, |_| false) {
                    let lease = leases.iter_mut().find(|lease| lease.shard == name).unwrap();
                    lease.owner = Some(me.clone());
                    moved = true;
                }
            }
            rounds += 1;
            prop_assert!(rounds < 200, "they never rest");
            if !moved {
                break;
            }
        }
        let held = |owner: usize| {
            let me = format!("owner-{owner}");
            leases.iter().filter(|lease| lease.owner.as_ref() == Some(&me)).count()
        };
        prop_assert_eq!((0..owners).map(held).sum::<usize>(), shards);
        let most = (0..owners).map(held).max().unwrap();
        let least = (0..owners).map(held).min().unwrap();
        prop_assert!(most - least <= 1, "{most} and {least}");
    }

    #[test]
    fn an_expired_lease_is_taken_and_a_live_one_is_not(expired in any::<bool>()) {
        let leases = [under_way("a", "other")];
        let names = ["a".to_owned()];
        let taken = to_take("me", &names, &Leases::new(&leases), &HashSet::new(), |_| expired);
        prop_assert_eq!(taken.len(), usize::from(expired));
    }
}
