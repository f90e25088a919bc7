//! Signing in with number and password: throttled, two checks at a time, and the same answer and
//! the same work whether the number exists or not.

use actix_web::HttpRequest;
use armoury::ids::ServiceNumber;

use super::Who;
use crate::accounts::AccountsError;
use crate::app::App;
use crate::random;

/// Why a sign-in failed. There is no "unknown number": nobody learns which numbers exist.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Number and password do not belong together.
    #[error("The service number and the password do not belong together.")]
    Wrong,
    /// Too many wrong tries; seconds to wait.
    #[error("Too many wrong tries; try again in {0} seconds.")]
    Wait(i64),
    /// Somebody else chose this password and knows it: it signs nothing until its owner has chosen his own.
    #[error("This password was given by somebody else: sign in with it once and choose your own first.")]
    MustChange,
    /// The file of accounts does not answer.
    #[error("the file of accounts does not answer")]
    Accounts(#[from] AccountsError),
}

/// The address that a request comes from; no header of the asker's is believed.
#[must_use]
pub fn address(request: &HttpRequest) -> String {
    request.peer_addr().map_or_else(|| "unknown".to_owned(), |peer| peer.ip().to_canonical().to_string())
}

/// Checks number and password.
///
/// # Errors
/// [`SignInError`].
pub async fn check(app: &App, number: &str, password: &str, from: &str) -> Result<ServiceNumber, SignInError> {
    let number: String = number.trim().chars().take(64).collect();
    let wait = app.accounts().wait_before(&number, from, app.now())?;
    if wait > 0 {
        return Err(SignInError::Wait(wait));
    }
    let _turn = app.accounts().turn().await;
    let wait = app.accounts().wait_before(&number, from, app.now())?; // Others may have failed while we stood in the queue.
    if wait > 0 {
        return Err(SignInError::Wait(wait));
    }
    let (accounts, tried, secret) = (app.accounts_shared(), number.clone(), zeroize::Zeroizing::new(password.to_owned()));
    let right = tokio::task::spawn_blocking(move || accounts.check_password(&tried, &secret)).await;
    let right = right.map_err(|_| SignInError::Wrong)??;
    app.accounts().tried(&number, from, right, app.now())?;
    match number.parse() {
        Ok(person) if right => Ok(person),
        _ => Err(SignInError::Wrong),
    }
}

/// Signs in; the cookie's secret comes back.
///
/// # Errors
/// [`SignInError`].
pub async fn begin(app: &App, number: &str, password: &str, from: &str) -> Result<(ServiceNumber, String), SignInError> {
    let person = check(app, number, password, from).await?;
    let (secret, _) = app.accounts().begin_sign_in(&person, from, app.now())?;
    Ok((person, secret))
}

/// Ends the sign-in whose cookie came with the request of a new one: one browser has one sign-in.
pub fn end_former(app: &App, request: &HttpRequest) {
    if let Some(former) = super::cookie_secret(request.headers(), app.config().is_encrypted()) {
        drop(app.accounts().end_sign_in(former)); // If it cannot be ended now it ends by idleness.
    }
}

/// Checks number and password where they stand for a signature: only a password that its owner chose.
///
/// # Errors
/// [`SignInError`].
pub async fn signature(app: &App, number: &str, password: &str, from: &str) -> Result<ServiceNumber, SignInError> {
    let person = check(app, number, password, from).await?;
    let given = app.accounts().account(&person)?.is_some_and(|account| account.must_change);
    if given { Err(SignInError::MustChange) } else { Ok(person) }
}

/// Signs one act only: the second person at the first one's screen.
///
/// # Errors
/// [`SignInError`].
pub async fn once(app: &App, number: &str, password: &str, from: &str) -> Result<Who, SignInError> {
    let person = signature(app, number, password, from).await?;
    let locale = app.accounts().account(&person)?.map_or_else(|| "en".to_owned(), |account| account.locale);
    let grants = app.grants(&person);
    Ok(Who::once(person, format!("once-{}", hex::encode(random::bytes::<8>())), grants, locale))
}
