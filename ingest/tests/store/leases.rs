//! What leases promise.

use oot_ingest::store::{Checkpoint, Lease};

use crate::Fixture;

fn at(position: &str) -> Checkpoint {
    Checkpoint::After(position.to_owned())
}

pub(crate) async fn leases_belong_to_a_destination(fixture: Fixture) {
    let leases = &fixture.leases;
    assert_eq!(leases.list("one").await.unwrap(), []);
    let new = Lease::unwritten("shard");
    let one = leases.replace("one", &new, Some("me"), None).await.unwrap().unwrap();
    let two = leases
        .replace("two", &new, None, Some(&at("3")))
        .await
        .unwrap()
        .unwrap();
    let one = leases
        .replace("one", &one, Some("me"), Some(&at("7")))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(leases.list("one").await.unwrap(), std::slice::from_ref(&one));
    assert_eq!(
        (one.owner.as_deref(), one.counter, &one.checkpoint),
        (Some("me"), 2, &Some(at("7")))
    );
    assert_eq!(leases.list("two").await.unwrap(), std::slice::from_ref(&two));
    let ended = leases
        .replace("two", &two, None, Some(&Checkpoint::End))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(leases.list("two").await.unwrap(), std::slice::from_ref(&ended));
    leases.forget("two", &two).await.unwrap();
    assert_eq!(leases.list("two").await.unwrap().len(), 1, "it was written since");
    leases.forget("two", &ended).await.unwrap();
    assert_eq!(leases.list("two").await.unwrap(), []);
}

pub(crate) async fn a_lease_is_written_only_by_who_saw_it_last(fixture: Fixture) {
    let leases = &fixture.leases;
    let new = Lease::unwritten("shard");
    let mine = leases.replace("d", &new, Some("me"), None).await.unwrap().unwrap();
    assert_eq!(leases.replace("d", &new, Some("other"), None).await.unwrap(), None);
    let other = leases
        .replace("d", &mine, Some("other"), Some(&at("5")))
        .await
        .unwrap()
        .unwrap();
    // Thawed after the other took over: neither a renewal nor a checkpoint of mine counts.
    assert_eq!(
        leases.replace("d", &mine, Some("me"), Some(&at("4"))).await.unwrap(),
        None
    );
    assert_eq!(leases.list("d").await.unwrap(), [other]);
}

pub(crate) async fn of_many_who_want_a_lease_one_gets_it(fixture: Fixture) {
    let new = Lease::unwritten("shard");
    let tasks: Vec<_> = (0..16)
        .map(|number| {
            let (leases, new) = (fixture.leases.clone(), new.clone());
            tokio::spawn(async move {
                leases
                    .replace("d", &new, Some(&number.to_string()), None)
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut got = 0;
    for task in tasks {
        got += usize::from(task.await.unwrap().is_some());
    }
    assert_eq!(got, 1);
}
