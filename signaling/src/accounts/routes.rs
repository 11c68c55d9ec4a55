//! `/api/v1/registration`, `login` and `devices`.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use protocol::{
    Code, Email, Millis, Problem, UserId,
    accounts::{
        Enrolled, Grant, InvitationLookUp, InvitationView, LoginFinish, LoginStart, LoginStartReply,
        NewDevice, RegistrationFinish, RegistrationStart, RegistrationStartReply,
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    opaque::Opaque,
    rules::{self, Owner},
    store::{self, OpenInvitation, Registration},
};
use crate::{
    app::App,
    client::Block,
    failure::{Failure, ProblemResponse, Refusals, refuse},
    json::Json,
    people,
    sessions::bearer,
    store::Written,
    tokens::{TokenHash, hash_token},
};

/// Who proved the password, and may add a device.
#[derive(Clone, Copy, Debug)]
pub struct Grantee {
    /// The user.
    pub user_id: UserId,
}

/// The routes of this noun.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(view_invitation))
        .routes(routes!(start_registration))
        .routes(routes!(finish_registration))
        .routes(routes!(start_login))
        .routes(routes!(finish_login))
        .routes(routes!(add_device))
}

/// What the page of an invitation shows. The code comes in the body: whatever logs paths (a proxy, say) does not have it.
#[utoipa::path(
    post,
    path = "/registration/invitation",
    tag = "accounts",
    request_body = InvitationLookUp,
    responses((status = 200, body = InvitationView), Refusals),
)]
async fn view_invitation(
    State(app): State<Arc<App>>,
    Json(body): Json<InvitationLookUp>,
) -> Result<Json<InvitationView>, ProblemResponse> {
    let invitation = open_invitation(&app, hash_token(body.invitation.as_bytes())).await?;
    Ok(Json(InvitationView {
        network_name: invitation.network_name,
        email: invitation.email,
        email_fixed: !invitation.email_open,
        name: invitation.name,
        expires_at: invitation.expires_at,
    }))
}

/// First half of a registration.
#[utoipa::path(
    post,
    path = "/registration/start",
    tag = "accounts",
    request_body = RegistrationStart,
    responses((status = 200, body = RegistrationStartReply), Refusals),
)]
async fn start_registration(
    State(app): State<Arc<App>>,
    Json(body): Json<RegistrationStart>,
) -> Result<Json<RegistrationStartReply>, ProblemResponse> {
    let invitation = open_invitation(&app, hash_token(body.invitation.as_bytes())).await?;
    let email = match body.email {
        None => invitation.email,
        Some(chosen) if invitation.email_open || chosen == invitation.email => chosen,
        Some(_) => return Err(Problem::new(Code::Malformed, "the invitation settles the e-mail").into()),
    };
    let opaque = app
        .opaque
        .start_registration(&email, &body.opaque.0)
        .map_err(|_| not_opaque())?;
    Ok(Json(RegistrationStartReply {
        opaque: opaque.into(),
        user_id: invitation.user_id,
        network_id: invitation.network_id,
        email,
    }))
}

/// Makes the account and its first device. Sending it again gets the same answer.
#[utoipa::path(
    post,
    path = "/registration/finish",
    tag = "accounts",
    request_body = RegistrationFinish,
    responses((status = 201, body = Enrolled), Refusals),
)]
async fn finish_registration(
    State(app): State<Arc<App>>,
    Json(body): Json<RegistrationFinish>,
) -> Result<(StatusCode, Json<Enrolled>), ProblemResponse> {
    let now = app.clock.now();
    let code_hash = hash_token(body.invitation.as_bytes());
    if let Some(enrolled) = already_enrolled(&app, &body.device).await? {
        return Ok((StatusCode::CREATED, Json(enrolled)));
    }
    let invitation = open_invitation(&app, code_hash).await?;
    let owner = Owner {
        user_id: invitation.user_id,
        network_id: invitation.network_id,
        // Where the invitation leaves it open, the certificate says what the person chose.
        email: match invitation.email_open {
            true => body.device.certificate.body().email.clone(),
            false => invitation.email,
        },
        aik: body.aik,
    };
    rules::check_new_device(&owner, None, &body.device, now)?;
    rules::check_sealed_aik(&body.sealed_aik.0)?;
    let registration = Registration {
        user_id: owner.user_id,
        email: owner.email,
        name: match invitation.name {
            Some(name) => name,
            None => rules::check_name(&body.name)?,
        },
        aik: body.aik,
        opaque_record: Opaque::finish_registration(&body.opaque.0).map_err(|_| not_opaque())?,
        sealed_aik: body.sealed_aik.0,
        registered_at: now,
    };
    let device = body.device;
    let enrolled = Enrolled {
        user_id: owner.user_id,
        device_id: device.certificate.body().device_id,
    };
    app.store
        .write(move |connection| {
            Box::pin(async move {
                if !store::use_invitation(connection, code_hash).await? {
                    return Err(refuse(Code::InvitationUsed, "the invitation was used"));
                }
                if store::is_taken(connection, &registration.email, registration.user_id).await? {
                    return Err(refuse(
                        Code::AlreadyRegistered,
                        "this e-mail address has an account already",
                    ));
                }
                store::register(connection, &registration).await?;
                people::put_list(connection, &device.device_list).await?;
                people::enrol(connection, registration.user_id, &device).await?;
                Ok(Written::answer(()))
            })
        })
        .await?;
    Ok((StatusCode::CREATED, Json(enrolled)))
}

/// First half of a sign-in. Unknown addresses are answered alike.
#[utoipa::path(
    post,
    path = "/login/start",
    tag = "accounts",
    request_body = LoginStart,
    responses((status = 200, body = LoginStartReply), Refusals),
)]
async fn start_login(
    State(app): State<Arc<App>>,
    block: Block,
    Json(body): Json<LoginStart>,
) -> Result<Json<LoginStartReply>, ProblemResponse> {
    let now = app.clock.now();
    app.rates.sign_ins.take(block, &body.email, now)?;
    let record = {
        let mut connection = app.store.read().await.map_err(Failure::from)?;
        store::opaque_record(&mut connection, &body.email)
            .await
            .map_err(Failure::from)?
    };
    let started = app
        .opaque
        .start_login(&body.email, record.as_deref(), &body.opaque.0)
        .map_err(|_| not_opaque())?;
    let half = Half {
        email: body.email,
        state: started.state.to_vec(),
    };
    let login_id = app.handshakes.seal(&half.encode(), now).ok_or_else(not_opaque)?;
    Ok(Json(LoginStartReply {
        login_id,
        opaque: started.response.into(),
    }))
}

/// Second half of a sign-in.
#[utoipa::path(
    post,
    path = "/login/finish",
    tag = "accounts",
    request_body = LoginFinish,
    responses((status = 200, body = Grant), Refusals),
)]
async fn finish_login(
    State(app): State<Arc<App>>,
    block: Block,
    Json(body): Json<LoginFinish>,
) -> Result<Json<Grant>, ProblemResponse> {
    let now = app.clock.now();
    let wrong = || {
        refuse(
            Code::WrongPassword,
            "e-mail and password do not fit, or it took too long",
        )
    };
    let opened = app.handshakes.open(&body.login_id.0, now).ok_or_else(wrong)?;
    let half = Half::decode(&opened.state).ok_or_else(wrong)?;
    Opaque::finish_login(&half.email, &half.state, &body.opaque.0).map_err(|_| wrong())?;
    if !app.handshakes.use_up(&body.login_id.0, opened.made, now) {
        return Err(wrong().into());
    }
    let account = {
        let mut connection = app.store.read().await.map_err(Failure::from)?;
        store::account(&mut connection, &half.email)
            .await
            .map_err(Failure::from)?
            .ok_or_else(wrong)?
    };
    app.rates.sign_ins.succeeded(block, &half.email);
    Ok(Json(Grant {
        grant: app.grants.issue(
            Grantee {
                user_id: account.user_id,
            },
            now,
        ),
        user_id: account.user_id,
        network_id: account.network_id,
        email: account.email,
        name: account.name,
        sealed_aik: account.sealed_aik.into(),
        device_list: account.device_list,
    }))
}

/// Enrols another device; the bearer token is the grant.
#[utoipa::path(
    post,
    path = "/devices",
    tag = "accounts",
    security(("bearer" = [])),
    request_body = NewDevice,
    responses((status = 201, body = Enrolled), Refusals),
)]
async fn add_device(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Json(device): Json<NewDevice>,
) -> Result<(StatusCode, Json<Enrolled>), ProblemResponse> {
    let now = app.clock.now();
    let ended = || {
        refuse(
            Code::Unauthenticated,
            "the grant is unknown, was used, or has ended",
        )
    };
    let grant = bearer(&headers).ok_or_else(ended)?;
    // Used up only when the device stands: who lost a race for the device list need not type the password again.
    // Two uses at once cannot both win that race.
    let grantee = app.grants.peek(&grant.0, now).ok_or_else(ended)?;
    let enrolled = enrol_another(&app, grantee, device, now).await?;
    app.grants.redeem(&grant.0, now);
    Ok((StatusCode::CREATED, Json(enrolled)))
}

async fn enrol_another(
    app: &Arc<App>,
    grantee: Grantee,
    device: NewDevice,
    now: Millis,
) -> Result<Enrolled, Failure> {
    let user_id = grantee.user_id;
    let enrolled = Enrolled {
        user_id,
        device_id: device.certificate.body().device_id,
    };
    let announcer = Arc::clone(app);
    app.store
        .write(move |connection| {
            Box::pin(async move {
                let (owner, before) = people::owner(connection, user_id)
                    .await?
                    .ok_or_else(|| refuse(Code::Unauthenticated, "the account is gone"))?;
                rules::check_new_device(&owner, Some(&before), &device, now)?;
                let change = people::change_list(connection, &owner, &before, &device.device_list).await?;
                change.forget_rooms(&announcer);
                people::enrol(connection, user_id, &device).await?;
                Ok(Written::then(enrolled, move || change.announce(&announcer)))
            })
        })
        .await
}

/// Whether exactly this device was enrolled before: then the client did not get our answer and asks again.
async fn already_enrolled(app: &App, device: &NewDevice) -> Result<Option<Enrolled>, Failure> {
    let mut connection = app.store.read().await?;
    let device_id = device.certificate.body().device_id;
    let stored = people::certificate(&mut connection, device_id).await?;
    Ok(stored
        .filter(|stored| *stored == device.certificate)
        .map(|stored| Enrolled {
            user_id: stored.body().user_id,
            device_id,
        }))
}

async fn open_invitation(app: &App, code_hash: TokenHash) -> Result<OpenInvitation, Failure> {
    let mut connection = app.store.read().await?;
    let invitation = store::invitation(&mut connection, code_hash)
        .await?
        .ok_or_else(|| refuse(Code::InvitationUsed, "the invitation is unknown or was used"))?;
    if invitation.expires_at <= app.clock.now() {
        return Err(refuse(Code::InvitationExpired, "the invitation has expired"));
    }
    Ok(invitation)
}

fn not_opaque() -> Problem {
    Problem::new(Code::Malformed, "not a message of OPAQUE")
}

/// A sign-in between its two requests; travels sealed.
struct Half {
    email: Email,
    state: Vec<u8>,
}

impl Half {
    fn encode(&self) -> zeroize::Zeroizing<Vec<u8>> {
        zeroize::Zeroizing::new(
            protocol::encoding::Writer::default()
                .vec16(self.email.as_str().as_bytes())
                .vec16(&self.state)
                .finish(),
        )
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = protocol::encoding::Reader::new(bytes);
        let email = Email::parse(std::str::from_utf8(reader.vec16()?).ok()?).ok()?;
        let state = reader.vec16()?.to_vec();
        reader.end()?;
        Some(Self { email, state })
    }
}

impl Drop for Half {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.state);
    }
}
