//! The program's log on its way into the log that the window shows.

use std::fmt::Debug;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use super::log::LogBook;
use super::text;
use crate::text::sentence;

/// The field that holds an event's sentence.
const MESSAGE: &str = "message";

/// The fields that hold why it happened.
const CAUSE: &str = "error";
const REASON: &str = "reason";

/// Each event becomes one line. The book bounds them, and takes secrets out.
impl<S: Subscriber> Layer<S> for LogBook {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut words = Words::default();
        event.record(&mut words);
        self.tell(&words.line(*event.metadata().level()));
    }
}

/// What an event says: its sentence, the cause behind a colon, and figures in brackets.
#[derive(Default)]
struct Words {
    message: String,
    cause: String,
    figures: String,
}

impl Words {
    fn line(self, level: Level) -> String {
        let Self { message, cause, figures } = self;
        let parts = [message, cause].into_iter().filter(|part| !part.is_empty());
        let mut line = parts.collect::<Vec<_>>().join(": ");
        if !figures.is_empty() {
            line += &format!(" ({figures})");
        }
        let line = sentence(line.trim_start());
        match text::severity(level) {
            "" => line,
            severity => format!("{severity}: {line}"),
        }
    }

    fn note(&mut self, field: &Field, value: String) {
        match field.name() {
            MESSAGE => self.message = value,
            CAUSE | REASON => self.cause = value,
            name => {
                let gap = if self.figures.is_empty() { "" } else { ", " };
                self.figures += &format!("{gap}{} {value}", name.replace('_', " "));
            }
        }
    }
}

impl Visit for Words {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.note(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.note(field, format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;
    use crate::protocol::rtmp::key::Secret;

    fn logged(log: impl FnOnce()) -> String {
        let book = LogBook::default();
        book.hide(&Secret::new("live_0123456789"));
        let subscriber = tracing_subscriber::registry().with(book.clone());
        tracing::subscriber::with_default(subscriber, log);
        book.text()
    }

    /// What follows the time of a line.
    fn said(log: &str) -> &str {
        log.split_once("  ").map_or("", |(_, said)| said)
    }

    #[test]
    fn an_event_becomes_a_line_with_its_time() {
        let log = logged(|| tracing::info!(client = 7, stream = "main", "publishes"));
        let clock: Vec<_> = log[..8].split(':').map(str::parse::<u8>).collect();
        assert!(clock.len() == 3 && clock.iter().all(Result::is_ok), "{log}");
        assert_eq!(said(&log), "Publishes (client 7, stream main)\n");
    }

    #[test]
    fn what_is_wrong_says_so() {
        let log = logged(|| {
            tracing::warn!(error = %"cable pulled", "a client is gone");
            tracing::error!(error = %"no memory");
        });
        let lines: Vec<_> = log.lines().collect();
        assert!(lines[0].ends_with("  Warning: A client is gone: cable pulled"), "{log}");
        assert!(lines[1].ends_with("  Error: No memory"), "{log}");
    }

    #[test]
    fn secrets_are_taken_out_of_messages_and_fields() {
        let log = logged(|| tracing::info!(key = "live_0123456789", "sends live_0123456789?x"));
        assert_eq!(said(&log), "Sends …?x (key …)\n");
    }

    #[test]
    fn a_message_of_many_lines_is_one() {
        let log = logged(|| tracing::info!("one\ntwo\r\n\u{1b}[31mthree"));
        assert_eq!(said(&log), "One two [31mthree\n");
    }
}
