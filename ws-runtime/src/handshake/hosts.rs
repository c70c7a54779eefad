//! [`Hosts`]: the names under which the server can be reached.

use super::{
    HttpError, Refusals, Unmatchable,
    authority::{Authority, AuthorityPattern, PortPattern},
    check::Checked,
};

/// The names that `Host` may contain. By default all names are allowed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hosts(Option<Listed>);

#[derive(Debug, Clone)]
struct Listed {
    allowed: Vec<AuthorityPattern>,
    mistakes: Vec<Unmatchable>,
}

impl Hosts {
    pub(crate) fn listed(hosts: impl IntoIterator<Item = String>) -> Self {
        let mut listed = Listed { allowed: Vec::new(), mistakes: Vec::new() };
        for host in hosts {
            match AuthorityPattern::parse(&host) {
                Ok(pattern) => listed.allowed.push(pattern),
                Err(help) => {
                    let help = help_for(&host).unwrap_or(help);
                    listed.mistakes.push(Unmatchable { text: host, help });
                }
            }
        }
        Self(Some(listed))
    }

    /// Returns the entries of the list that can never match a `Host`.
    pub(crate) fn mistakes(&self) -> &[Unmatchable] {
        self.0.as_ref().map_or(&[], |listed| &listed.mistakes)
    }

    /// Returns the names, in lower case, or `None` if all are allowed.
    #[cfg(feature = "describe")]
    pub(crate) fn texts(&self) -> Option<Vec<String>> {
        self.0.as_ref().map(|listed| listed.allowed.iter().map(AuthorityPattern::text).collect())
    }

    /// Returns `true` if there is a list and it is empty.
    pub(crate) fn is_empty_list(&self) -> bool {
        self.0.as_ref().is_some_and(|listed| listed.allowed.is_empty() && listed.mistakes.is_empty())
    }

    fn allow(&self, authority: &Authority<'_>) -> bool {
        let Some(listed) = &self.0 else { return true };
        listed.allowed.iter().any(|pattern| {
            let port = match pattern.port {
                PortPattern::Unsaid | PortPattern::Any => true,
                PortPattern::Only(port) => authority.port == Some(port),
            };
            port && pattern.matches_host(&authority.host)
        })
    }
}

/// Suggests what to write instead of a text that is not a host.
fn help_for(text: &str) -> Option<String> {
    if text == "*" {
        return Some("leave `hosts` out to allow every host".to_owned());
    }
    let bare = text.split_once("://").map_or(text, |(_scheme, rest)| rest);
    let bare = bare.split(['/', '?', '#']).next().unwrap_or_default();
    (bare != text && AuthorityPattern::parse(bare).is_ok()).then(|| format!("write `{bare}`"))
}

pub(crate) fn check_host(checked: &Checked<'_>, hosts: &Hosts, refusals: &Refusals) -> Result<(), HttpError> {
    if hosts.allow(&checked.authority) {
        return Ok(());
    }
    refusals.host(checked.host);
    Err(HttpError::HostNotAllowed)
}
