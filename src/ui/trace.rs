//! The program's log on its way into the log that the window shows.

use std::fmt::{Debug, Write};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use super::log::LogBook;
use super::text;

/// The field that holds an event's sentence.
const MESSAGE: &str = "message";

/// Each event becomes one line. The book bounds them, and takes secrets out.
impl<S: Subscriber> Layer<S> for LogBook {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut words = Words::default();
        event.record(&mut words);
        self.tell(&words.line(*event.metadata().level()));
    }
}

/// What an event says.
#[derive(Default)]
struct Words {
    message: String,
    fields: String,
}

impl Words {
    fn line(self, level: Level) -> String {
        let Self { message, fields } = self;
        let message =
            if message.is_empty() { fields.trim_start().to_owned() } else { message + &fields };
        match text::severity(level) {
            "" => message,
            severity => format!("{severity}: {message}"),
        }
    }
}

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing into a string does not fail.
        _ = match field.name() {
            MESSAGE => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
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
        assert!(log.starts_with("0:00:0"), "{log}");
        assert_eq!(said(&log), "publishes client=7 stream=\"main\"\n");
    }

    #[test]
    fn what_is_wrong_says_so() {
        let log = logged(|| {
            tracing::warn!(error = %"cable pulled", "a client is gone");
            tracing::error!(error = %"no memory");
        });
        let lines: Vec<_> = log.lines().collect();
        assert!(lines[0].ends_with("  Warning: a client is gone error=cable pulled"), "{log}");
        assert!(lines[1].ends_with("  Error: error=no memory"), "{log}");
    }

    #[test]
    fn secrets_are_taken_out_of_messages_and_fields() {
        let log = logged(|| tracing::info!(key = "live_0123456789", "sends live_0123456789?x"));
        assert_eq!(said(&log), "sends …?x key=\"…\"\n");
    }

    #[test]
    fn a_message_of_many_lines_is_one() {
        let log = logged(|| tracing::info!("one\ntwo\r\n\u{1b}[31mthree"));
        assert_eq!(said(&log), "one two [31mthree\n");
    }
}
