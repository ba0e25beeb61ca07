use std::ffi::OsString;
use std::path::PathBuf;

use crate::SettingsError;
use crate::provider::ProviderName;

/// What a loan example is told when it is started.
#[derive(Debug)]
pub struct Arguments {
    /// Whose credentials it takes; PASSID's unless told otherwise.
    pub provider: ProviderName,
    /// Where its policy is.
    pub policy: Option<PathBuf>,
}

/// Reads the arguments of this program. `None` when it was asked for help, which was given.
///
/// # Errors
///
/// [`SettingsError::Usage`], which repeats no argument.
#[expect(clippy::print_stdout, reason = "an example speaks to the person who started it")]
pub fn arguments(program: &str) -> Result<Option<Arguments>, SettingsError> {
    match read(std::env::args_os().skip(1)) {
        Ok(None) => {
            println!("{}", usage(program));
            Ok(None)
        }
        Ok(arguments) => Ok(arguments),
        Err(wrong) => Err(SettingsError::Usage { wrong, usage: usage(program) }),
    }
}

fn usage(program: &str) -> String {
    format!(
        "usage: {program} [--provider passid|passbase|docverify] [--policy FILE]\n\
         \n\
         --provider  whose credentials count; passid unless told otherwise\n\
         --policy    a file with the policy, JSON, or TOML if its name ends in .toml; PASSID_POLICY \
         names one too\n\
         \n\
         The variables are in examples/README.md."
    )
}

/// `--name VALUE` or `--name=VALUE`, each once.
fn read(given: impl Iterator<Item = OsString>) -> Result<Option<Arguments>, &'static str> {
    let (mut provider, mut policy) = (None, None);
    let mut given = given;
    while let Some(argument) = given.next() {
        let argument = argument.into_string().map_err(|_| "an argument is no text")?;
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(OsString::from(value))),
            None => (argument.as_str(), None),
        };
        match name {
            "--help" | "-h" => return Ok(None),
            "--provider" => {
                let value = value.or_else(|| given.next()).unwrap_or_default();
                let named = value.to_str().and_then(ProviderName::parse);
                let named = named.ok_or("--provider must be passid, passbase or docverify")?;
                if provider.replace(named).is_some() {
                    return Err("--provider stands there twice");
                }
            }
            "--policy" => {
                let value = value.or_else(|| given.next()).filter(|file| !file.is_empty());
                let file = PathBuf::from(value.ok_or("--policy must be followed by a file")?);
                if policy.replace(file).is_some() {
                    return Err("--policy stands there twice");
                }
            }
            _ => return Err("there is no such argument"),
        }
    }
    Ok(Some(Arguments { provider: provider.unwrap_or(ProviderName::Passid), policy }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(arguments: &[&str]) -> Result<Option<Arguments>, &'static str> {
        read(arguments.iter().map(OsString::from))
    }

    #[test]
    fn both_spellings_are_read_and_nothing_is_passid() {
        for arguments in [
            ["--provider=docverify", "--policy=a=b"].as_slice(),
            &["--policy", "a=b", "--provider", "docverify"],
        ] {
            let read = given(arguments).unwrap().unwrap();
            assert_eq!(read.provider, ProviderName::Docverify);
            assert_eq!(read.policy, Some(PathBuf::from("a=b")));
        }
        assert_eq!(given(&[]).unwrap().unwrap().provider, ProviderName::Passid);
        assert!(given(&["--help"]).unwrap().is_none());
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for arguments in [
            ["--provider"].as_slice(),
            &["--provider", "PASSID"],
            &["--provider="],
            &["--policy"],
            &["--policy="],
            &["--polcy", "a"],
            &["a"],
            &["--provider", "passid", "--provider", "passbase"],
        ] {
            assert!(given(arguments).is_err(), "{arguments:?}");
        }
    }
}
