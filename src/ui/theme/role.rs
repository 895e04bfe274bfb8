//! What a thing on the screen is, as far as its looks go: the one table of roles.
//!
//! Not here: what a role looks like (`assets/themes`).

use crate::event::field::Field;
use crate::event::{Class, Outcome};

macro_rules! roles {
    ($($role:ident $name:literal $about:literal;)*) => {
        /// What a thing on the screen is, as far as its looks go.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Role {
            $(#[doc = $about] $role,)*
        }

        impl Role {
            /// All roles with their names in theme files.
            pub const TABLE: &[(Self, &'static str)] = &[$((Self::$role, $name),)*];
        }
    };
}

roles! {
    Text "text" "Plain text.";
    Dim "dim" "Text of little weight.";
    Label "label" "A label before a value, a section's heading.";
    Title "title" "The source's name, an overlay's title.";
    Accent "accent" "Where the user is: the marker, the cursor.";
    Header "header" "A region's header.";
    HeaderFocused "header-focused" "The header of the region that has the focus.";
    Selected "selected" "The selected row's time.";
    Warning "warning" "The mark of a hostile character.";
    Error "error" "What went wrong.";
    Notice "notice" "What the user should read.";
    Good "good" "What went well.";
    Key "key" "A key to press.";
    Prompt "prompt" "Text being typed.";
    Scrollbar "scrollbar" "The scrollbar.";
    Overlay "overlay" "What lies above the screen.";
    Class2xx "class-2xx" "Status 2xx.";
    Class3xx "class-3xx" "Status 3xx.";
    Class4xx "class-4xx" "Status 4xx.";
    Class5xx "class-5xx" "Status 5xx.";
    ClassSuccess "class-success" "Success without a status.";
    ClassFailure "class-failure" "Failure without a status.";
    ClassUnknown "class-unknown" "A status that is none.";
    Brush "brush" "Behind the bars under the histogram's cursor, and in the brush.";
    Volume "volume" "How much there is in all, behind the bars.";
    Value1 "value-1" "The commonest value of a field.";
    Value2 "value-2" "The second.";
    Value3 "value-3" "The third.";
    Value4 "value-4" "The fourth.";
    Value5 "value-5" "The fifth.";
    ValueOthers "value-others" "All other values.";
    ValueAbsent "value-absent" "No value.";
    FilterField "filter-field" "A field's name in the filter.";
    FilterOperator "filter-operator" "An operator in the filter.";
    FilterValue "filter-value" "A value in the filter.";
    FilterKeyword "filter-keyword" "AND, OR, NOT.";
    FilterWord "filter-word" "A bare word in the filter.";
    FilterError "filter-error" "What is wrong in the filter.";
    BandFetched "band-fetched" "The band where all was fetched.";
    BandFetching "band-fetching" "The band where fetching goes on.";
    BandWaiting "band-waiting" "The band where the server makes us wait.";
    BandPaused "band-paused" "The band where fetching is paused.";
    BandFailed "band-failed" "The band where fetching failed.";
    BandUnasked "band-unasked" "The band where nothing was asked.";
    BandBeyond "band-beyond" "The band where the system keeps nothing any more.";
    Removed "removed" "A removed line of a diff.";
    Added "added" "An added line of a diff.";
    RemovedPart "removed-part" "The removed words of a line.";
    AddedPart "added-part" "The added words of a line.";
    JsonKey "json-key" "A member's name.";
    JsonString "json-string" "A JSON text.";
    JsonNumber "json-number" "A JSON number.";
    JsonWord "json-word" "true, false, null.";
}

impl Role {
    /// The role of a class.
    pub fn class(class: Class) -> Self {
        match class {
            Class::S2xx => Self::Class2xx,
            Class::S3xx => Self::Class3xx,
            Class::S4xx => Self::Class4xx,
            Class::S5xx => Self::Class5xx,
            Class::Success => Self::ClassSuccess,
            Class::Failure => Self::ClassFailure,
            Class::Unknown => Self::ClassUnknown,
        }
    }

    /// The role of a field's value: a class bears its colour wherever it stands.
    pub fn of_value(field: Field, value: &str) -> Option<Self> {
        let class = match field {
            Field::Class => Class::ALL.into_iter().find(|class| class.name() == value)?,
            Field::Status => Class::of(Some(value.parse().ok()?), Outcome::Success),
            Field::Outcome if value == Outcome::Success.name() => Class::Success,
            Field::Outcome if value == Outcome::Failure.name() => Class::Failure,
            _ => return None,
        };
        Some(Self::class(class))
    }
}
