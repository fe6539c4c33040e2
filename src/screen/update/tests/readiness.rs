//! How a backend stands towards level 3, while it is open.

use super::*;
use crate::data::readiness::{OF_PROBE, Readiness};

#[test]
fn the_readiness_is_shown_where_there_is_one() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    press(&mut model, KeyCode::Char('L'));
    assert_eq!(model.notice.as_deref(), Some("the backend isn't loaded yet"));
    let of = |failed: bool| {
        let Data::Backend(mut backend) = backend_of(&[cell(9, "n", "w", "j", "success", 9)]) else {
            unreachable!()
        };
        backend.readiness_failed = failed;
        Ok(Data::Backend(backend))
    };
    answer(&mut model, asked, of(false));
    press(&mut model, KeyCode::Char('L'));
    assert_eq!(model.notice.as_deref(), Some("L3 readiness: not found out yet"));
    let asked = press(&mut model, KeyCode::Char('r'));
    answer(&mut model, asked, of(true));
    press(&mut model, KeyCode::Char('L'));
    assert_eq!(model.notice.as_deref(), Some("L3 readiness: could not be found out"));
    assert_eq!(model.screen().readiness, None);
    press(&mut model, KeyCode::Char('?'));
    assert!(model.help, "keys still work");
}

/// Its jobs fail on purpose: it is on no way to a level.
#[test]
fn the_probe_is_not_judged() {
    let Data::Backend(mut backend) = backend_of(&[cell(7, "c2", "w", "j", "failure", 8)]) else {
        unreachable!()
    };
    let row = crate::data::readiness::tests::row();
    backend.readiness = Some(Readiness::new(&row, &row, Vec::new(), NOW).into());
    let mut model = model();
    model.screens = vec![Screen::new(Place::Backend("PyTorch/crcr-test".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    answer(&mut model, asked, Ok(Data::Backend(backend)));
    press(&mut model, KeyCode::Char('L'));
    assert_eq!((model.cover(), model.notice.as_deref()), (None, Some(OF_PROBE)));
}

/// What is seen of it is nothing, and all keys would be its own.
#[test]
fn a_readiness_that_is_gone_is_not_open_any_more() {
    let with = |readiness: Option<Readiness>| {
        let Data::Backend(mut backend) = backend_of(&[cell(7, "c2", "w", "j", "success", 8)]) else {
            unreachable!()
        };
        backend.readiness = readiness.map(Into::into);
        Ok(Data::Backend(backend))
    };
    let row = crate::data::readiness::tests::row();
    let known = Readiness::new(&row, &row, Vec::new(), NOW);
    let mut model = model();
    model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    answer(&mut model, asked, with(Some(known)));
    press(&mut model, KeyCode::Char('L'));
    press(&mut model, KeyCode::Char('x'));
    assert_eq!(model.cover(), Some(Cover::Readiness));
    assert!(model.notice.is_some(), "{:?}", model.notice);
    let asked = update(&mut model, Message::Tick(NOW + 20 * SECOND));
    answer(&mut model, asked, with(None));
    assert_eq!(model.cover(), None);
    press(&mut model, KeyCode::Char('L'));
    assert_eq!(model.cover(), None);
    assert!(model.notice.is_some());
}
