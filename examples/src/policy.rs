use std::env;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use passid_core::{Answers, Detail, Policy, Violation};

use crate::SettingsError;
use crate::provider::ProviderName;

const VARIABLE: &str = "PASSID_POLICY";

/// Ours: a policy of every claim that is known has less than a tenth of it.
const MAX_BYTES: u64 = 64 * 1024;

/// The guide's policy for a loan application (step 2), as `policies/loan.json` has it.
///
/// # Errors
///
/// None for this text; a changed one is checked like any other policy.
pub fn loan_policy() -> Result<Policy, serde_json::Error> {
    serde_json::from_str(include_str!("../policies/loan.json"))
}

/// A person who is known by a document, as `policies/identity.json` has it: every provider can meet it.
///
/// # Errors
///
/// As [`loan_policy`].
pub fn identity_policy() -> Result<Policy, serde_json::Error> {
    serde_json::from_str(include_str!("../policies/identity.json"))
}

/// The same, and screened for sanctions, as `policies/screened.json` has it: a provider that knows
/// nothing of sanctions cannot meet it.
///
/// # Errors
///
/// As [`loan_policy`].
pub fn screened_policy() -> Result<Policy, serde_json::Error> {
    serde_json::from_str(include_str!("../policies/screened.json"))
}

/// A valid credential is enough to be greeted.
pub fn greeting_policy() -> Policy {
    Policy::verified_only()
}

/// The policy of a file, else that of the file of `PASSID_POLICY`, else the guide's.
///
/// # Errors
///
/// [`SettingsError::Policy`], without the name of the file.
pub fn chosen_policy(file: Option<&Path>) -> Result<Policy, SettingsError> {
    let (from, file) = match file {
        Some(file) => ("--policy", file.to_owned()),
        None => match env::var_os(VARIABLE) {
            Some(file) => (VARIABLE, PathBuf::from(file)),
            None => return loan_policy().map_err(|error| because("loan.json", error)),
        },
    };
    let text = text_of(&file).map_err(|error| because(from, error))?;
    if file.extension().is_some_and(|extension| extension == "toml") {
        toml::from_str(&text).map_err(|error| because(from, Unreadable(error.message().to_owned())))
    } else {
        serde_json::from_str(&text).map_err(|error| because(from, error))
    }
}

fn text_of(file: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(file)?.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(std::io::Error::other("the file is longer than 64 KiB"));
    }
    Ok(text)
}

fn because(
    from: &'static str,
    source: impl std::error::Error + Send + Sync + 'static,
) -> SettingsError {
    SettingsError::Policy { from, source: Box::new(source) }
}

/// What TOML's own error says, in one line: without the lines of the file.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unreadable(String);

/// How refusals are told. By PASSID as the guide's loan application does: what is not met, but nothing
/// about sanctions and fraud.
///
/// By the other providers there is more to tell, and to keep: see [`telling_what_is_absent`].
pub fn answers(provider: ProviderName) -> Answers {
    match provider {
        ProviderName::Passid => Answers::json().detail(Detail::Detailed),
        ProviderName::Passbase | ProviderName::Docverify => telling_what_is_absent(),
    }
}

/// Refusals say everything, also that the credential does not have the claim on sanctions: what its
/// provider cannot know says nothing about the person, who would otherwise try again with the same. But
/// as soon as something is known of sanctions or fraud, nothing is told: that would be tipping off.
pub fn telling_what_is_absent() -> Answers {
    Answers::with(|rejection, _| {
        // Alternatives are undecided as a whole: what one of them says may be known.
        let absent = |one: &Violation| one.is_undecidable() && one.claim().is_some();
        let tips_off = |one: &Violation| one.is_sensitive() && !absent(one);
        let known = rejection.violations().iter().any(tips_off);
        let detail = if known { Detail::Terse } else { Detail::Everything };
        Answers::json().detail(detail).render(rejection)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policies_that_are_shipped_are_policies() {
        loan_policy().unwrap();
        identity_policy().unwrap();
        screened_policy().unwrap();
    }

    #[test]
    fn a_policy_is_read_as_json_or_as_toml_and_a_typing_error_is_told_without_the_file() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text, good) in [
            ("marker.json", r#"{"requireClaims":["identity_verified"]}"#, true),
            ("marker.toml", "requireClaims = [\"identity_verified\"]", true),
            ("marker.json", r#"{"requireSanctionClear":true}"#, false),
            ("marker.toml", "requireSanctionClear = true", false),
            ("marker.json", "{}", false),
            ("marker.json", &" ".repeat(70_000), false),
        ] {
            let file = folder.path().join(name);
            std::fs::write(&file, text).unwrap();
            let read = chosen_policy(Some(&file));
            assert_eq!(read.is_ok(), good, "{text}");
            if let Err(error) = read {
                let told = crate::with_causes(&error);
                assert!(told.contains("--policy") && !told.contains("marker"), "{told}");
            }
        }
        assert!(chosen_policy(Some(&folder.path().join("none"))).is_err());
    }
}
