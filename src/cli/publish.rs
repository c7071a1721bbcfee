//! `tallylight publish`: goes live, prints figures, ends with a status.

use std::io::{BufRead, IsTerminal};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use super::args::Publish;
use super::interrupt;
use super::out::{complain, emit, say};
use super::report::Reporter;
use super::terminal::Unseen;
use crate::engine::{
    AudioInput, Command, Connection, DestinationSettings, Engine, ExitClass, Fault, Options,
    Snapshot, SourceSnapshot, SourceStatus, Stage, Trouble, VideoInput,
};
use crate::protocol::rtmp::key::{Credentials, Secret, StreamKey};
use crate::protocol::rtmp::url::{Target, UrlError};
use crate::text::sentence;

/// How often the engine's state is looked at; states change rarely, and the
/// engine works on while nobody looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A device that has not answered after this time is waited for while live.
const DEVICES_ANSWER: Duration = Duration::from_secs(5);

/// A server that has not taken the stream by then is given up.
const FIRST_CONNECT: Duration = Duration::from_secs(4);

/// The environment's name for the key.
const KEY_VARIABLE: &str = "TALLYLIGHT_KEY";

/// The environment's name for the password.
const PASSWORD_VARIABLE: &str = "TALLYLIGHT_PASSWORD";

/// What is read of a key at most, in bytes; more than any server takes.
const MOST_KEY: u64 = 64 << 10;

/// What was asked for can't be begun; why, in words, and the exit status.
#[derive(Debug)]
struct Refusal {
    words: String,
    class: ExitClass,
}

impl Refusal {
    fn usage(words: impl Into<String>) -> Self {
        Self { words: words.into(), class: ExitClass::Usage }
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self { words: fault.to_string(), class: fault.exit_class() }
    }
}

/// Publishes until it is told to stop, the time is over, or it can't go on.
pub fn run(mut args: Publish) -> ExitCode {
    let mut reporter = Reporter::new(args.json);
    let done = args.untangle().map_err(Refusal::usage);
    match done.and_then(|()| publish(&args, &mut reporter)) {
        Ok(status) => status,
        Err(Refusal { words, class }) => {
            reporter.refuse(words.clone());
            complain(&words);
            ExitCode::from(class.status())
        }
    }
}

fn publish(args: &Publish, reporter: &mut Reporter) -> Result<ExitCode, Refusal> {
    if args.camera == VideoInput::None && args.mic == AudioInput::None {
        let words = "Neither picture nor sound is left. Leave out --camera none or --mic none.";
        return Err(Refusal::usage(words));
    }
    interrupt::listen(|| {});
    let settings = destination(args)?;
    let engine = Engine::start(Options {
        output: args.output(),
        video: args.camera.clone(),
        audio: args.mic.clone(),
        give_up_first_connect: (!args.keep_trying).then_some(FIRST_CONNECT),
        ..Options::default()
    })?;
    if !args.keep_trying
        && let Some(missing) = missing_device(&engine, args)
    {
        return Err(missing_words(&missing));
    }
    let announce = settings.built_in_server && !args.json;
    let may_hold_slash = settings.key.is_none() && has_long_application(&settings.server);
    engine.send(Command::GoLive(settings));
    let last = watch(&engine, reporter, announce);
    match last.faults.first().filter(|_| last.destinations.is_empty()) {
        // It ended before there was a stream.
        Some(fault) => reporter.refuse(fault.last_words()),
        None => reporter.finish(&last),
    }
    Ok(status_of(&last, Given { args, may_hold_slash }))
}

/// Waits until it is known whether the devices that were asked for are there;
/// one that is not. Nothing goes live with a misspelt name: a device that is
/// busy or pulled out later is another matter, for it comes back.
fn missing_device(engine: &Engine, args: &Publish) -> Option<Fault> {
    let (camera, microphone) = (args.camera.is_device(), args.mic.is_device());
    let begun = engine.now();
    loop {
        let snapshot = engine.snapshot();
        let missing = |fault: &&Fault| {
            let (Fault::Camera { trouble, .. } | Fault::Microphone { trouble, .. }) = fault else {
                return false;
            };
            *trouble == Trouble::Missing
        };
        if let Some(fault) = snapshot.faults.iter().find(missing) {
            return Some(fault.clone());
        }
        let is_known = |wanted: bool, source: &SourceSnapshot, works: fn(&SourceStatus) -> bool| {
            let known = |s: &SourceStatus| s.trouble.is_some() || works(s);
            !wanted || source.status.as_ref().is_some_and(known)
        };
        // A camera works once it has shown a picture: the stream begins with that.
        let known = is_known(camera, &snapshot.camera, |s| s.silent.is_some())
            && is_known(microphone, &snapshot.microphone, |s| !s.delivers.is_empty());
        let enough = engine.now().since(begun) >= DEVICES_ANSWER;
        if known || enough || interrupt::is_asked() {
            return None;
        }
        engine.wait_for_change(LOOK_EVERY);
    }
}

/// Says that a device is not there, and where to find what is.
fn missing_words(fault: &Fault) -> Refusal {
    let words = format!(
        "{}. `tallylight devices` lists what there is; `test` in its place is the test signal; \
         --keep-trying goes live without it and waits for it.",
        fault.sentence()
    );
    Refusal { words, class: fault.exit_class() }
}

/// Follows the engine until the stream has ended; returns the last snapshot.
fn watch(engine: &Engine, reporter: &mut Reporter, announce: bool) -> Arc<Snapshot> {
    let (mut stopping, mut announced) = (false, !announce);
    loop {
        engine.wait_for_change(LOOK_EVERY);
        let snapshot = engine.snapshot();
        if let (false, Some(server)) = (announced, &snapshot.server) {
            emit(&format!("Open in a player: {}\n", server.play_url));
            announced = true;
        }
        reporter.show(&snapshot);
        let ended = snapshot.stage == Stage::Idle && !snapshot.destinations.is_empty();
        if ended || snapshot.stage == Stage::Ended {
            return snapshot;
        }
        if !stopping && interrupt::is_asked() {
            engine.send(Command::Stop);
            stopping = true;
        }
    }
}

/// What the hints depend on.
#[derive(Clone, Copy)]
struct Given<'a> {
    args: &'a Publish,
    /// The key may begin before the last slash of the address.
    may_hold_slash: bool,
}

fn has_long_application(url: &str) -> bool {
    Target::parse(url).is_ok_and(|target| target.url.app().trim_matches('/').contains('/'))
}

/// The exit status of a stream that has ended. One that was stopped before it was
/// ever live did not do what it was started for.
fn status_of(last: &Snapshot, given: Given<'_>) -> ExitCode {
    let Some(destination) = last.destinations.first() else {
        last.faults.iter().for_each(|fault| complain(&fault.last_words()));
        return ExitCode::from(ExitClass::Device.status());
    };
    let was_live = !destination.live.is_zero();
    let fault = match &destination.connection {
        Connection::Failed(fault) => fault,
        _ if was_live => return ExitCode::SUCCESS,
        _ => match destination.log.last() {
            Some(end) => &end.reason,
            None => {
                complain("Stopped before the server had answered.");
                return ExitCode::from(ExitClass::Network.status());
            }
        },
    };
    complain(&format!("{}{}", fault.last_words(), hint(fault, given)));
    ExitCode::from(fault.exit_class().status())
}

/// What can be done about it on the command line alone.
fn hint(fault: &Fault, given: Given<'_>) -> &'static str {
    let args = given.args;
    match fault {
        Fault::Encryption { names_no_host: true, .. } => {
            " --only-certificate takes its fingerprint, as `openssl x509 -fingerprint -sha256` \
             prints it."
        }
        Fault::Encryption { .. } if args.ca_file.is_none() && args.only_certificate.is_none() => {
            " --ca-file takes a certificate of your own."
        }
        Fault::Proxy { .. } | Fault::ProxyAddress(_) if args.proxy.is_none() => {
            " The proxy comes from the environment's ALL_PROXY; `--proxy none` goes without it."
        }
        Fault::InUse { .. } if !args.keep_trying => " --keep-trying waits for it.",
        _ if given.may_hold_slash && fault.exit_class() == ExitClass::Refused => {
            " If the stream key holds a “/”, give it apart from the address: in TALLYLIGHT_KEY, or \
             with --key-stdin."
        }
        _ => "",
    }
}

fn destination(args: &Publish) -> Result<DestinationSettings, Refusal> {
    let Some(url) = &args.url else {
        without_address(args)?;
        return Ok(DestinationSettings {
            name: "this computer".into(),
            built_in_server: true,
            live_limit: args.duration,
            ..DestinationSettings::default()
        });
    };
    Ok(DestinationSettings {
        name: "server".into(),
        server: url.clone(),
        key: secret_key(args, url)?,
        credentials: credentials(args)?,
        ca_file: args.ca_file.clone(),
        only_certificate: args.only_certificate,
        proxy: args.proxy.as_deref().map(Secret::new),
        live_limit: args.duration,
        ..DestinationSettings::default()
    })
}

/// What belongs to an address is not dropped without a word: an address that a script
/// has lost would not be missed.
fn without_address(args: &Publish) -> Result<(), Refusal> {
    let given = [
        (args.key_stdin, "--key-stdin"),
        (args.no_key, "--no-key"),
        (args.user.is_some(), "--user"),
        (args.ca_file.is_some(), "--ca-file"),
        (args.only_certificate.is_some(), "--only-certificate"),
        (args.proxy.is_some(), "--proxy"),
    ];
    if let Some((_, option)) = given.into_iter().find(|(is_given, _)| *is_given) {
        return Err(Refusal::usage(format!(
            "{option} belongs to an address, and there is none. Add the server's address, or leave \
             {option} out to go live to this computer."
        )));
    }
    if std::env::var_os(KEY_VARIABLE).is_some_and(|key| !key.is_empty()) {
        complain(&format!(
            "There is no address: this goes live to this computer, and {KEY_VARIABLE} is not used."
        ));
    }
    Ok(())
}

/// User and password, where a user was named.
fn credentials(args: &Publish) -> Result<Option<Credentials>, Refusal> {
    let Some(user) = args.user.as_deref().map(str::trim).filter(|user| !user.is_empty()) else {
        return Ok(None);
    };
    match std::env::var(PASSWORD_VARIABLE) {
        Ok(password) => Ok(Some(Credentials::new(user, &password))),
        Err(_) => Err(Refusal::usage(format!(
            "There is no password for “{}”. Put it into the environment's {PASSWORD_VARIABLE}.",
            // What follows may be it.
            user.split(':').next().unwrap_or_default()
        ))),
    }
}

/// The key from standard input or the environment, where one was given. The last
/// part of an address may be a key as well, and must not become part of the
/// application, which is no secret.
fn secret_key(args: &Publish, url: &str) -> Result<Option<StreamKey>, Refusal> {
    let parsed = Target::parse(url);
    let url_has_key = parsed.is_ok();
    if args.no_key {
        // What may be a key must not become part of the application, which is no secret.
        return match url_has_key {
            true => Ok(None),
            false => Ok(Some(StreamKey::new(""))),
        };
    }
    if args.key_stdin {
        let key = interrupt::at_once_during(key_from_stdin)?;
        return if url_has_key { Err(two_keys()) } else { Ok(Some(key)) };
    }
    let key = std::env::var(KEY_VARIABLE).ok().map(|text| StreamKey::new(&text));
    let key = key.filter(|key| !key.is_empty());
    if key.is_some() && url_has_key {
        complain(&format!(
            "The stream key is the last part of the address; {KEY_VARIABLE} is not used. If the \
             last part is no key, end the address with a slash."
        ));
        return Ok(None);
    }
    if let (None, Err(error @ UrlError::NoKey { .. })) = (&key, &parsed) {
        return Err(Refusal::usage(format!(
            "{}, or into {KEY_VARIABLE}. If the server takes no key, say --no-key.",
            sentence(&error.to_string())
        )));
    }
    Ok(key)
}

/// A person at a terminal is asked for it, and it is not shown.
fn key_from_stdin() -> Result<StreamKey, Refusal> {
    let input = std::io::stdin();
    if !input.is_terminal() {
        return key_from(input.lock());
    }
    let unseen = Unseen::begin();
    let how = if unseen.is_some() { "not shown while you type" } else { "it is shown" };
    say(&format!("Stream key ({how}): "));
    let key = key_from(input.lock());
    if unseen.is_some() {
        // Enter was not shown either.
        say("\n");
    }
    key
}

fn key_from(input: impl BufRead) -> Result<StreamKey, Refusal> {
    let mut line = String::new();
    let read = input.take(MOST_KEY).read_line(&mut line);
    let key = StreamKey::new(&line);
    match read {
        Ok(_) if !key.is_empty() => Ok(key),
        Ok(_) => Err(Refusal::usage(
            "There was no stream key on standard input. Write it there, as its first line.",
        )),
        Err(error) => Err(Refusal::usage(format!(
            "The stream key could not be read from standard input ({error}). Write it there, as \
             its first line."
        ))),
    }
}

fn two_keys() -> Refusal {
    Refusal::usage(
        "The address has a stream key as its last part, and another one came from standard \
         input. Leave one of them out; if the last part is no key, end the address with a slash.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_names_what_was_not_tried_yet() {
        let fault = |names_no_host| Fault::Encryption {
            peer: "h:443".into(),
            reason: "why".into(),
            names_no_host,
        };
        let mut args = Publish::parse_defaults();
        assert!(
            hint(&fault(false), Given { args: &args, may_hold_slash: false }).contains("--ca-file")
        );
        args.ca_file = Some("own.pem".into());
        assert_eq!(hint(&fault(false), Given { args: &args, may_hold_slash: false }), "");
        assert!(
            hint(&fault(true), Given { args: &args, may_hold_slash: false })
                .contains("--only-certificate")
        );
        let proxy = Fault::ProxyAddress("why".into());
        assert!(hint(&proxy, Given { args: &args, may_hold_slash: false }).contains("ALL_PROXY"));
        args.proxy = Some("socks5://h".into());
        assert_eq!(hint(&proxy, Given { args: &args, may_hold_slash: false }), "");
    }
}
