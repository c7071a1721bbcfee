//! The desktop's portal; where there is none, logind and the screen saver.

use std::collections::HashMap;
use std::time::Duration;

use zbus::blocking::connection::Builder;
use zbus::blocking::{Connection, Proxy};
use zbus::zvariant::{OwnedFd, OwnedObjectPath, Value};

use super::Held;
use crate::text::window::{KEPT_AWAKE, TITLE};

/// Whoever does not answer by then is passed over.
const PATIENCE: Duration = Duration::from_secs(5);

/// The portal's bits: neither suspend nor become idle.
const SUSPEND_AND_IDLE: u32 = 4 | 8;

/// Asks one after the other.
pub fn hold() -> Option<Held> {
    let session = Builder::session().and_then(connect);
    let session = session.inspect_err(|error| tracing::debug!(%error, "no session bus")).ok();
    if let Some(held) = session.as_ref().and_then(|bus| told("portal", portal(bus))) {
        return Some(held);
    }
    let system = Builder::system().and_then(connect);
    let login = told("logind", system.and_then(|bus| login(&bus)));
    let saver = session.as_ref().and_then(|bus| told("screen saver", screen_saver(bus)));
    let by = match (&login, &saver) {
        (Some(_), Some(_)) => "logind and screen saver",
        (Some(_), None) => "logind",
        (None, Some(_)) => "screen saver",
        (None, None) => return None,
    };
    let release =
        Box::new(move || [login, saver].into_iter().flatten().for_each(|h| (h.release)()));
    Some(Held { by, release })
}

fn connect(bus: Builder<'_>) -> zbus::Result<Connection> {
    bus.method_timeout(PATIENCE).build()
}

fn told(by: &'static str, held: zbus::Result<Box<dyn FnOnce()>>) -> Option<Held> {
    match held {
        Ok(release) => Some(Held { by, release }),
        Err(error) => {
            tracing::debug!(%error, by, "does not keep the computer awake");
            None
        }
    }
}

fn portal(bus: &Connection) -> zbus::Result<Box<dyn FnOnce()>> {
    const NAME: &str = "org.freedesktop.portal.Desktop";
    let path = "/org/freedesktop/portal/desktop";
    let portal = Proxy::new(bus, NAME, path, "org.freedesktop.portal.Inhibit")?;
    let options = HashMap::from([("reason", Value::from(KEPT_AWAKE))]);
    let request: OwnedObjectPath = portal.call("Inhibit", &("", SUSPEND_AND_IDLE, options))?;
    let bus = bus.clone();
    Ok(Box::new(move || {
        let close = Proxy::new(&bus, NAME, request, "org.freedesktop.portal.Request")
            .and_then(|request| request.call::<_, _, ()>("Close", &()));
        forget(close);
    }))
}

/// Holds a file descriptor, whose end is the end of it.
fn login(bus: &Connection) -> zbus::Result<Box<dyn FnOnce()>> {
    let path = "/org/freedesktop/login1";
    let manager =
        Proxy::new(bus, "org.freedesktop.login1", path, "org.freedesktop.login1.Manager")?;
    let held: OwnedFd = manager.call("Inhibit", &("sleep:idle", TITLE, KEPT_AWAKE, "block"))?;
    Ok(Box::new(move || drop(held)))
}

fn screen_saver(bus: &Connection) -> zbus::Result<Box<dyn FnOnce()>> {
    const NAME: &str = "org.freedesktop.ScreenSaver";
    let saver = Proxy::new(bus, NAME, "/org/freedesktop/ScreenSaver", NAME)?;
    let cookie: u32 = saver.call("Inhibit", &(TITLE, KEPT_AWAKE))?;
    Ok(Box::new(move || forget(saver.call("UnInhibit", &cookie))))
}

/// The end of the connection ends it too.
fn forget(released: zbus::Result<()>) {
    if let Err(error) = released {
        tracing::debug!(%error, "not released");
    }
}
