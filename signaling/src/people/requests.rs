//! Requests about people.

use std::sync::Arc;

use protocol::{
    Code, UserId,
    limits::{KEY_PACKAGES_PER_DEVICE, MAX_ROOM_MEMBERS},
    socket::{ClaimedUser, DeviceListPut, KeyPackagesAdd, KeyPackagesClaim, PeopleGet, Person, PersonLookUp},
};

use super::{devices, rules, store};
use crate::{
    accounts::{check_key_packages, check_list, check_others},
    app::App,
    failure::{Failure, refuse},
    policies,
    sessions::Caller,
    store::Written,
};

/// R2, R21: the card of who has exactly this ID in the asker's network. Unknown and elsewhere are told alike.
pub async fn look_up(app: &App, caller: Caller, request: PersonLookUp) -> Result<Person, Failure> {
    app.rates.look_ups.take(caller.device_id, 1, app.clock.now())?;
    let mut connection = app.store.read().await?;
    let found = store::person_by_email(&mut connection, caller.network_id, &request.email).await?;
    match found {
        Some(person) => Ok(person),
        None => {
            let policies = policies::policies(&mut connection, caller.network_id).await?;
            Err(Failure::Refused(rules::not_found(&policies.unwrap_or_default())))
        }
    }
}

/// Cards of users who share a room with the asker.
pub async fn get_people(app: &App, caller: Caller, request: PeopleGet) -> Result<Vec<Person>, Failure> {
    check_count(&request.users)?;
    let mut connection = app.store.read().await?;
    let company = store::company(&mut connection, caller.user_id).await?;
    let mut people = Vec::new();
    for user_id in request.users.iter().filter(|user_id| company.contains(user_id)) {
        people.extend(store::person(&mut connection, caller.network_id, *user_id).await?);
    }
    Ok(people)
}

/// One key package of each live device of some users.
pub async fn claim_key_packages(
    app: &App,
    caller: Caller,
    request: KeyPackagesClaim,
) -> Result<Vec<ClaimedUser>, Failure> {
    check_count(&request.users)?;
    let mut wanted = Vec::new();
    {
        let mut connection = app.store.read().await?;
        for user_id in request.users {
            let person = store::person(&mut connection, caller.network_id, user_id).await?;
            let Some(person) = person else { continue };
            let mut devices = store::devices_of(&mut connection, user_id).await?;
            devices.retain(|device_id| *device_id != caller.device_id);
            wanted.push((person, devices));
        }
    }
    let amount = wanted.iter().map(|(_, devices)| devices.len()).sum::<usize>();
    app.rates.claims.take(
        caller.device_id,
        u32::try_from(amount).unwrap_or(u32::MAX),
        app.clock.now(),
    )?;
    app.store
        .write(move |connection| {
            Box::pin(async move {
                let mut claimed = Vec::with_capacity(wanted.len());
                for (person, devices) in wanted {
                    let mut key_packages = Vec::with_capacity(devices.len());
                    for device_id in devices {
                        key_packages.extend(store::claim(connection, device_id).await?);
                    }
                    claimed.push(ClaimedUser { person, key_packages });
                }
                Ok(Written::answer(claimed))
            })
        })
        .await
}

/// Stores more key packages of the asker; what is beyond the limit is refused as a whole.
pub async fn add_key_packages(app: &App, caller: Caller, request: KeyPackagesAdd) -> Result<u32, Failure> {
    check_key_packages(&request.key_packages)?;
    if let Some(last_resort) = &request.last_resort {
        check_key_packages(std::slice::from_ref(last_resort))?;
    }
    let device_id = caller.device_id;
    app.store
        .write(move |connection| {
            Box::pin(async move {
                if store::certificate(connection, device_id).await?.is_none() {
                    return Err(refuse(Code::Unauthenticated, "the device is gone"));
                }
                let left = store::key_packages_left(connection, device_id).await?;
                let added = u32::try_from(request.key_packages.len()).unwrap_or(u32::MAX);
                let total = left.saturating_add(added);
                if usize::try_from(total).is_ok_and(|total| total > KEY_PACKAGES_PER_DEVICE) {
                    return Err(refuse(Code::TooLarge, "the device has enough key packages"));
                }
                store::add_key_packages(connection, device_id, &request.key_packages).await?;
                if let Some(last_resort) = &request.last_resort {
                    store::put_last_resort(connection, device_id, last_resort).await?;
                }
                Ok(Written::answer(total))
            })
        })
        .await
}

/// Takes a new device list; devices that it does not name are revoked.
pub async fn put_device_list(app: &Arc<App>, caller: Caller, request: DeviceListPut) -> Result<(), Failure> {
    let list = request.device_list;
    let announcer = Arc::clone(app);
    app.store
        .write(move |connection| {
            Box::pin(async move {
                let (owner, before) = store::owner(connection, caller.user_id)
                    .await?
                    .ok_or_else(|| refuse(Code::Unauthenticated, "the account is gone"))?;
                check_list(&owner, Some(&before), &list)?;
                check_others(Some(&before), &list, None)?;
                let change = devices::change_list(connection, &owner, &before, &list).await?;
                change.forget_rooms(&announcer);
                Ok(Written::then((), move || change.announce(&announcer)))
            })
        })
        .await
}

/// Ends the asker's device.
pub async fn sign_out(app: &Arc<App>, caller: Caller) -> Result<(), Failure> {
    let announcer = Arc::clone(app);
    app.store
        .write(move |connection| {
            Box::pin(async move {
                let change = devices::sign_out(connection, caller).await?;
                change.forget_rooms(&announcer);
                Ok(Written::then((), move || change.announce(&announcer)))
            })
        })
        .await
}

fn check_count(users: &[UserId]) -> Result<(), Failure> {
    if users.len() > MAX_ROOM_MEMBERS {
        return Err(refuse(Code::TooLarge, "too many users at once"));
    }
    Ok(())
}
