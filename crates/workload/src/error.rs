//! The one error type of the crate: a scenario that cannot be read or a plan that cannot be lowered.

use std::fmt;
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

/// What is wrong, where, and what to do about it. Shown as rustc shows errors: with the lines of the file.
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<Parts>);

#[derive(Clone, PartialEq, Eq)]
struct Parts {
    title: String,
    span: Option<Range<usize>>,
    place: Option<Place>,
    label: Option<String>,
    help: Option<String>,
}

/// Where a span lies in its file, with the lines it covers.
#[derive(Clone, PartialEq, Eq)]
struct Place {
    file: String,
    line: usize,
    column: usize,
    excerpt: Option<Excerpt>,
}

#[derive(Clone, PartialEq, Eq)]
struct Excerpt {
    lines: String,
    span: Range<usize>,
}

/// The longest excerpt that helps: recorded columns can fill megabytes on one line.
const MAX_EXCERPT_BYTES: usize = 2_000;

impl Error {
    pub(crate) fn new(title: impl Into<String>) -> Self {
        Self(Box::new(Parts { title: title.into(), span: None, place: None, label: None, help: None }))
    }

    /// Points at bytes of the scenario's text.
    pub(crate) fn at(mut self, span: Range<usize>) -> Self {
        self.0.span = Some(span);
        self
    }

    /// Moves the span: it was found in a part of the text that begins at `start`.
    pub(crate) fn shifted(mut self, start: usize) -> Self {
        self.0.span = self.0.span.map(|span| span.start + start..span.end + start);
        self
    }

    /// Says at the span what is there.
    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.0.label = Some(label.into());
        self
    }

    /// Says what to do.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Names the data set that it is about.
    pub(crate) fn within_data_set(mut self, name: &str) -> Self {
        self.0.title = format!("data set `{name}`: {}", self.0.title);
        self
    }

    /// Names the file, so that the span can be shown.
    pub(crate) fn within(mut self, file: &str, text: &str) -> Self {
        let span = self.0.span.clone().unwrap_or(0..0);
        let (start, end) = (floor(text, span.start), floor(text, span.end.max(span.start)));
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[end..].find('\n').map_or(text.len(), |at| end + at);
        let lines = text[line_start..line_end].trim_end_matches('\r');
        // The span may lie in what was cut off.
        let in_lines = |at: usize| (at - line_start).min(lines.len());
        let span = in_lines(start)..in_lines(end);
        self.0.place = Some(Place {
            file: file.to_owned(),
            line: text[..start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            excerpt: (lines.len() <= MAX_EXCERPT_BYTES).then(|| Excerpt { lines: lines.to_owned(), span }),
        });
        self
    }

    /// The message alone, on one line.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.0.title
    }

    /// What to do about it, where that is known.
    #[must_use]
    pub fn advice(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// The bytes of the scenario's text that it is about.
    #[must_use]
    pub fn span(&self) -> Option<Range<usize>> {
        self.0.span.clone()
    }

    /// The line and column of the span, both from 1.
    #[must_use]
    pub fn line_and_column(&self) -> Option<(usize, usize)> {
        self.0.place.as_ref().map(|place| (place.line, place.column))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = &*self.0;
        let mut group = Group::with_title(Level::ERROR.primary_title(parts.title.as_str()));
        if let Some(place) = &parts.place {
            group = match &place.excerpt {
                Some(excerpt) => group.element(
                    Snippet::source(&*excerpt.lines).path(&*place.file).line_start(place.line).annotation(
                        AnnotationKind::Primary.span(excerpt.span.clone()).label(parts.label.as_deref()),
                    ),
                ),
                None => group.element(Origin::path(&*place.file).line(place.line).char_column(place.column)),
            };
        }
        if let Some(help) = &parts.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        f.write_str(&Renderer::plain().decor_style(DecorStyle::Ascii).render(&[group]))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}

/// The nearest character boundary at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}
