//! Whether the system is dark or light, where the window's toolkit is not told: on
//! Linux, by the desktop portal (`org.freedesktop.portal.Settings`).

use egui::{Context, Theme};

/// Follows the system from now on, as far as it says anything. In a thread of its own:
/// who answers may have to be started first.
pub fn follow(ctx: &Context) {
    #[cfg(target_os = "linux")]
    {
        let ctx = ctx.clone();
        let apply = move |theme| {
            ctx.options_mut(|options| options.fallback_theme = theme);
            ctx.request_repaint();
        };
        let follow = move || {
            if let Err(error) = portal::follow(&apply) {
                tracing::debug!(%error, "the desktop does not say whether it is dark or light");
            }
        };
        if let Err(error) = crate::supervise::spawn("scheme", follow) {
            tracing::warn!(%error, "the system's theme is not followed");
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = ctx;
}

/// What the portal's `color-scheme` means: 1 is dark, 2 is light, and with anything else
/// the system has no wish.
#[cfg(any(target_os = "linux", test))]
fn theme_of(scheme: u32) -> Theme {
    if scheme == 2 { Theme::Light } else { Theme::Dark }
}

#[cfg(target_os = "linux")]
mod portal {
    use zbus::blocking::{Connection, Proxy};
    use zbus::zvariant::{OwnedValue, Value};

    use super::{Theme, theme_of};

    const NAME: &str = "org.freedesktop.portal.Desktop";
    const PATH: &str = "/org/freedesktop/portal/desktop";
    const SETTINGS: &str = "org.freedesktop.portal.Settings";
    const APPEARANCE: &str = "org.freedesktop.appearance";
    const SCHEME: &str = "color-scheme";

    /// Hands on what the system says now, and each change, until the bus is gone.
    pub fn follow(apply: &dyn Fn(Theme)) -> zbus::Result<()> {
        let bus = Connection::session()?;
        let settings = Proxy::new(&bus, NAME, PATH, SETTINGS)?;
        let changes = settings.receive_signal("SettingChanged")?;
        let now: OwnedValue = settings.call("Read", &(APPEARANCE, SCHEME))?;
        if let Some(scheme) = number_in(&now) {
            apply(theme_of(scheme));
        }
        for change in changes {
            let body = change.body();
            let Ok((space, name, value)) = body.deserialize::<(&str, &str, Value<'_>)>() else {
                continue;
            };
            if (space, name) == (APPEARANCE, SCHEME)
                && let Some(scheme) = number_in(&value)
            {
                apply(theme_of(scheme));
            }
        }
        Ok(())
    }

    /// The number, out of however many variants it is wrapped in.
    fn number_in(mut value: &Value<'_>) -> Option<u32> {
        while let Value::Value(inner) = value {
            value = inner;
        }
        if let Value::U32(number) = value { Some(*number) } else { None }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_number_is_found_in_its_wrappings() {
            let plain = Value::U32(2);
            let twice = Value::Value(Box::new(Value::Value(Box::new(Value::U32(1)))));
            assert_eq!((number_in(&plain), number_in(&twice)), (Some(2), Some(1)));
            assert_eq!(number_in(&Value::Str("dark".into())), None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_wish_is_dark() {
        assert_eq!(
            [0, 1, 2, 9].map(theme_of),
            [Theme::Dark, Theme::Dark, Theme::Light, Theme::Dark]
        );
    }
}
