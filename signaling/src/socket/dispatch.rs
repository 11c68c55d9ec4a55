//! From a request to who does it.

use std::sync::Arc;

use protocol::{
    Code,
    socket::{Reply, Request},
};

use super::calls;
use crate::{
    app::App,
    contacts,
    failure::{Failure, refuse},
    guests, id_videos, own_state, people, push, rooms,
    sessions::Caller,
};

/// Does what is asked. `batch` is the counter of the device's durable state.
pub async fn dispatch(
    app: &Arc<App>,
    caller: Caller,
    batch: u64,
    request: Request,
) -> Result<Reply, Failure> {
    match request {
        // The connection itself answers these: hello opens it, and offers are answered later.
        Request::Hello(_) | Request::MediaOffer(_) | Request::MediaTrial(_) => {
            Err(refuse(Code::Malformed, "not here"))
        }
        Request::Ping => Ok(Reply::Done),

        Request::PersonLookUp(look_up) => Ok(Reply::Person(Box::new(
            people::look_up(app, caller, look_up).await?,
        ))),
        Request::PeopleGet(get) => people::get_people(app, caller, get).await.map(Reply::People),
        Request::KeyPackagesClaim(claim) => people::claim_key_packages(app, caller, claim)
            .await
            .map(Reply::KeyPackages),
        Request::KeyPackagesAdd(add) => people::add_key_packages(app, caller, add)
            .await
            .map(Reply::KeyPackagesLeft),
        Request::DeviceListPut(put) => done(people::put_device_list(app, caller, put).await),
        Request::OwnStateGet => own_state::get(app, caller).await.map(Reply::OwnState),
        Request::OwnStatePut(state) => done(own_state::put(app, caller, state).await),
        Request::ContactPut(put) => done(contacts::put(app, caller, put).await),
        Request::IdVideoPut(put) => id_videos::put(app, caller, put)
            .await
            .map(|kept_at| Reply::IdVideo { kept_at }),
        Request::PushPut(put) => done(push::put(app, caller, put).await),
        Request::PoliciesGet => contacts::get_policies(app, caller).await.map(Reply::Policies),
        Request::SignOut => done(people::sign_out(app, caller).await),

        Request::RoomsList => rooms::list(app, caller).await.map(Reply::Rooms),
        Request::RoomFound(found) => rooms::found(app, caller, batch, found).await.map(Reply::Accepted),
        Request::RoomCommit(commit) => rooms::commit(app, caller, batch, commit)
            .await
            .map(Reply::Accepted),
        Request::RoomGroupInfo(room) => rooms::group_info(app, caller, room).await.map(Reply::GroupInfo),
        Request::RoomSend(send) => rooms::send(app, caller, batch, send).await.map(Reply::Accepted),
        Request::RoomSign(sign) => done(rooms::sign(app, caller, sign).await),
        Request::RoomSync(sync) => rooms::sync(app, caller, sync).await.map(Reply::Entries),
        Request::RoomAck(ack) => done(rooms::ack(app, caller, ack).await),
        Request::RoomReport(report) => done(rooms::report(app, caller, report).await),
        Request::RoomLeave(room) => done(rooms::leave(app, caller, room).await),

        Request::CallJoin(join) => Ok(Reply::CallJoined(Box::new(calls::join(app, caller, join).await?))),
        Request::CallFound(found) => calls::found(app, caller, found).await.map(Reply::CallAccepted),
        Request::CallCommit(commit) => calls::commit(app, caller, commit).await.map(Reply::CallAccepted),
        Request::CallSend(send) => calls::send(app, caller, send).map(Reply::CallAccepted),
        Request::CallSync(sync) => calls::sync(app, caller, sync).map(Reply::CallEntries),
        Request::CallGroupInfo(call) => calls::group_info(app, caller, call).map(Reply::GroupInfo),
        Request::CallLeave(call) => done(calls::leave(app, caller, call)),
        Request::CallLost(call) => done(calls::lost(app, caller, call)),
        Request::CallEnd(call) => done(calls::end(app, caller, call)),
        Request::GuestLinkPut(put) => done(guests::put_link(app, caller, put).await),
        Request::GuestLinkRevoke(link) => done(guests::revoke_link(app, caller, link).await),
        Request::GuestDeny(deny) => done(calls::deny(app, caller, deny)),
        Request::GuestKnock(_) | Request::GuestLeave => Err(refuse(Code::Forbidden, "members are no guests")),
        Request::MediaIntent(intent) => done(calls::intent(app, caller, intent)),
    }
}

fn done(result: Result<(), Failure>) -> Result<Reply, Failure> {
    result.map(|()| Reply::Done)
}
