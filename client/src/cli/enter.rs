//! Coming in and going out: registration, sign-in, sign-out.

use client_core::api::{Command, InvitationCard, Reply, Secret, SessionView};
use conclave_client::{ClientError, server::InvitationLink, store::Folder};

use super::{
    fault::{Exit, Fault},
    password, perform, print,
    request::Request,
    session::{How, Session},
    texts,
};

/// Makes an account by an invitation.
pub async fn register(
    how: &How,
    link: &str,
    email: Option<String>,
    name: Option<String>,
) -> Result<(), Fault> {
    let link: InvitationLink = link.parse().map_err(Fault::from)?;
    let how = How {
        server: Some(how.server.clone().unwrap_or_else(|| link.server.origin())),
        ..how.clone()
    };
    let code = link.code;
    enter(&how, true, async |session, password| {
        let card = look_up(session, &code).await?;
        let email = match email {
            Some(email) => email,
            None if card.email_fixed => card.email,
            None => return Err(Fault::with_code("no_email", texts::NO_EMAIL)),
        };
        let name = name
            .or(card.name)
            .ok_or_else(|| Fault::with_code("no_name", texts::NO_NAME))?;
        Ok(Command::Register {
            code: code.clone(),
            email,
            name,
            password,
        })
    })
    .await
}

/// Makes this a device of an account.
pub async fn sign_in(how: &How, email: String) -> Result<(), Fault> {
    enter(how, false, async |_, password| {
        Ok(Command::SignIn { email, password })
    })
    .await
}

async fn look_up(session: &Session, code: &str) -> Result<InvitationCard, Fault> {
    let code = code.to_owned();
    match session.client.ask(Command::LookUpInvitation { code }).await? {
        Reply::Invitation(card) => Ok(card),
        _ => Err(ClientError::Confused.into()),
    }
}

/// Opens the folder, or makes it; what was made for nothing is erased again.
async fn enter(
    how: &How,
    new_account: bool,
    command: impl AsyncFnOnce(&Session, Secret) -> Result<Command, Fault>,
) -> Result<(), Fault> {
    // Before a password is asked for.
    if how.server.is_some() {
        how.reach(None)?;
    }
    let path = how.folder()?;
    let folder = Folder::lock(&path)?;
    let fresh = !folder.has_store();
    if fresh && how.server.is_none() {
        return Err(Fault::with_code("no_server", texts::NO_SERVER));
    }
    let password = if fresh && new_account {
        password::ask_new(how)?
    } else {
        password::ask(how)?
    };
    let (store, records) = if fresh {
        (folder.create(&password.0).await?, vec![])
    } else {
        folder.open(&password.0).await?
    };
    let session = Session::start(store, records, how)?;
    let entered = come_in(&session, password, command).await;
    match entered {
        // Whether the account was made is not known where the answer was lost: the device is kept, to find out.
        Err(fault) if fresh && fault.exit != Exit::Unreachable => {
            let fault = session.explain(fault);
            session.client.erase().await?;
            Err(fault)
        }
        entered => session.close(entered).await,
    }
}

async fn come_in(
    session: &Session,
    password: Secret,
    command: impl AsyncFnOnce(&Session, Secret) -> Result<Command, Fault>,
) -> Result<(), Fault> {
    if let SessionView::SignedIn { me, .. } = session.client.until_told().await? {
        return Err(Fault::with_code("signed_in", texts::signed_in(&me.email)));
    }
    let command = command(session, password).await?;
    session.client.ask(command).await?;
    session.client.keep_settings().await?;
    // The account is there, whatever comes of the first connection.
    let online = session.must_be_online().await;
    print::answer(&session.how, &perform::perform(session, Request::Whoami).await?)?;
    if online.is_err() {
        print::note(texts::NOT_CONNECTED_YET);
    }
    Ok(())
}

/// Revokes this device, and erases the folder's store.
pub async fn sign_out(how: &How) -> Result<(), Fault> {
    let path = how.folder()?;
    let folder = Folder::lock(&path)?;
    if !folder.has_store() {
        return Err(Fault::not_signed_in(&path));
    }
    let (store, records) = folder.open(&password::ask(how)?.0).await?;
    let session = Session::start(store, records, how)?;
    if let SessionView::SignedIn { .. } = session.client.until_told().await? {
        if let Err(fault) = session.must_be_online().await {
            session.client.stop().await?;
            return Err(match fault.exit {
                Exit::Unreachable => Fault::unreachable(texts::SIGN_OUT_OFFLINE),
                _ => fault,
            });
        }
        if let Err(error) = session.client.ask(Command::SignOut).await {
            session.client.stop().await?;
            return Err(error.into());
        }
    }
    session.client.erase().await?;
    print::done(how)
}

/// Erases the folder's store, and asks nobody.
pub fn erase(how: &How) -> Result<(), Fault> {
    Folder::lock(&how.folder()?)?.erase()?;
    print::done(how)
}
