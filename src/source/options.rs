//! What may stand behind an input: options, each after a semicolon.

/// Takes the options off the end of `text` for as long as `read` knows them; what is
/// left is the input itself, which may have semicolons of its own.
pub(super) fn take_off(
    text: &str,
    mut read: impl FnMut(&str) -> Result<bool, String>,
) -> Result<&str, String> {
    let mut rest = text.trim();
    while let Some((before, option)) = rest.rsplit_once(';') {
        if !read(option)? {
            break;
        }
        rest = before;
    }
    Ok(rest)
}

/// An option's name and its value, which is empty where there is none.
pub(super) fn parts(option: &str) -> (&str, &str) {
    let (name, value) = option.split_once('=').unwrap_or((option, ""));
    (name.trim(), value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_options_are_taken_off_from_the_end() {
        let mut taken = Vec::new();
        let rest = take_off(" a;x=1;mirror; fps = 25 ", |option| {
            let (name, value) = parts(option);
            let known = ["mirror", "fps"].contains(&name);
            if known {
                taken.push((name.to_owned(), value.to_owned()));
            }
            Ok(known)
        });
        assert_eq!(rest.as_deref(), Ok("a;x=1"));
        assert_eq!(taken, [("fps".into(), "25".into()), ("mirror".into(), String::new())]);
        assert_eq!(take_off("a;b", |_| Err("no".into())), Err("no".into()));
        assert_eq!(take_off("", |_| Ok(true)), Ok(""));
    }
}
