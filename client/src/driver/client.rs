use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use client_core::{
    StartError,
    api::{Command, ConnectionView, Event, Failure, PersonCard, Reply, RoomView, SessionView},
};
use protocol::RoomId;
use tokio::{
    sync::{broadcast, mpsc, oneshot, watch},
    task::JoinHandle,
    time::{Instant, timeout_at},
};

use super::task::{Driver, Order, Told};
use crate::{
    limits::{COMMAND_QUEUE, LEAVE_PATIENCE, SETTLE_PATIENCE},
    server::Server,
    store::{Records, Settings, Store, StoreError},
};

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The core said no; the code is that of [`Failure`].
    #[error("{}", .0.code)]
    Failed(Failure),
    /// The records cannot be read by this program.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The driver is gone.
    #[error("the client stopped")]
    Stopped,
    /// The core answered something that does not fit what was asked.
    #[error("an answer that does not fit")]
    Confused,
}

/// How waiting for the connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waited {
    /// All that happened is known.
    Online,
    /// The server cannot be reached, or not in time.
    Offline,
    /// Nobody is signed in (any more); why, where that was not one's own wish.
    SignedOut(Option<String>),
}

/// A running client. It stops when this is dropped; [`Self::stop`] waits for it.
pub struct Client {
    orders: mpsc::Sender<Order>,
    events: broadcast::Sender<Event>,
    session: watch::Receiver<Option<SessionView>>,
    rooms: watch::Receiver<Option<Vec<RoomView>>>,
    settled: watch::Receiver<bool>,
    settings: Mutex<Settings>,
    server: Server,
    task: JoinHandle<Result<(), StoreError>>,
}

impl Client {
    /// Starts on a store and what was read from it. Needs a runtime.
    pub fn start(mut store: Store, mut records: Records, server: Server) -> Result<Self, ClientError> {
        let kept: Option<Settings> = Store::take_own(&mut records, SETTINGS);
        let mut settings = kept.unwrap_or_default();
        settings.server = server.address.origin();
        let (orders, inbox) = mpsc::channel(COMMAND_QUEUE);
        let (told, heard) = Told::new();
        let events = told.events.clone();
        let driver = Driver::new(&mut store, records, server.clone(), told)?;
        let task = tokio::spawn(driver.run(store, inbox));
        Ok(Self {
            orders,
            events,
            session: heard.session,
            rooms: heard.rooms,
            settled: heard.settled,
            settings: Mutex::new(settings),
            server,
            task,
        })
    }

    /// The server's address that a store was used with.
    pub fn server_of(records: &Records) -> Option<String> {
        // The record stays for the start.
        let settings: Settings = Store::take_own(&mut records.clone(), SETTINGS)?;
        Some(settings.server)
    }

    /// Gives a command and waits for the reply.
    pub async fn ask(&self, command: Command) -> Result<Reply, ClientError> {
        let (answer, reply) = oneshot::channel();
        let order = Order::Command {
            command: Box::new(command),
            answer,
        };
        self.orders.send(order).await.map_err(|_| ClientError::Stopped)?;
        match reply.await.map_err(|_| ClientError::Stopped)? {
            Reply::Failed(failure) => Err(ClientError::Failed(failure)),
            reply => Ok(reply),
        }
    }

    /// Events from now on. Replies are not among them.
    pub fn listen(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Where the server is.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Who is signed in, as far as it was told.
    pub fn session(&self) -> Option<SessionView> {
        self.session.borrow().clone()
    }

    /// The own card, where somebody is signed in.
    pub fn me(&self) -> Option<PersonCard> {
        match &*self.session.borrow() {
            Some(SessionView::SignedIn { me, .. }) => Some(me.clone()),
            _ => None,
        }
    }

    /// The rooms, the most recently active first.
    pub fn rooms(&self) -> Vec<RoomView> {
        self.rooms.borrow().clone().unwrap_or_default()
    }

    /// A room, while it is here.
    pub fn room(&self, room_id: RoomId) -> Option<RoomView> {
        let rooms = self.rooms.borrow();
        rooms
            .iter()
            .flatten()
            .find(|room| room.room_id == room_id)
            .cloned()
    }

    /// Waits until the first word about the session, which comes with the start.
    pub async fn until_told(&self) -> Result<SessionView, ClientError> {
        let mut session = self.session.clone();
        let told = session.wait_for(Option::is_some).await;
        told.map_err(|_| ClientError::Stopped)?
            .clone()
            .ok_or(ClientError::Stopped)
    }

    /// Waits until the connection stands and all is known, or it shows that the server cannot be reached.
    pub async fn until_online(&self, patience: Duration) -> Result<Waited, ClientError> {
        let mut session = self.session.clone();
        let settled = session.wait_for(|session| waited(session.as_ref()).is_some());
        match timeout_at(Instant::now() + patience, settled).await {
            Err(_) => Ok(Waited::Offline),
            Ok(Err(_)) => Err(ClientError::Stopped),
            Ok(Ok(session)) => Ok(waited(session.as_ref()).unwrap_or(Waited::Offline)),
        }
    }

    /// [`Self::until_online`], and then for what is on its way in: rooms that this device was just added to. What takes long
    /// for others' sake is not waited for to the end.
    pub async fn until_settled(&self, patience: Duration) -> Result<Waited, ClientError> {
        let waited = self.until_online(patience).await?;
        if waited == Waited::Online {
            let mut settled = self.settled.clone();
            let coming = settled.wait_for(|settled| *settled);
            // Where it does not come, what is here is all that there is for now.
            if let Ok(Err(_)) = timeout_at(Instant::now() + SETTLE_PATIENCE.min(patience), coming).await {
                return Err(ClientError::Stopped);
            }
        }
        Ok(waited)
    }

    /// Waits until a room is as it is wanted to be; nothing where that did not come in time.
    pub async fn until_room(
        &self,
        room_id: RoomId,
        patience: Duration,
        mut wanted: impl FnMut(&RoomView) -> bool,
    ) -> Result<Option<RoomView>, ClientError> {
        let mut rooms = self.rooms.clone();
        let find = |rooms: &Option<Vec<RoomView>>, wanted: &mut dyn FnMut(&RoomView) -> bool| {
            let mut all = rooms.iter().flatten();
            all.find(|room| room.room_id == room_id && wanted(room)).cloned()
        };
        let there = rooms.wait_for(|rooms| find(rooms, &mut wanted).is_some());
        match timeout_at(Instant::now() + patience, there).await {
            Err(_) => Ok(None),
            Ok(Err(_)) => Err(ClientError::Stopped),
            Ok(Ok(rooms)) => Ok(find(&rooms, &mut |_| true)),
        }
    }

    /// Up to where messages of a room were handed out ([`client_core::api::MessageView::order`]).
    pub fn handed_out(&self, room_id: RoomId) -> u64 {
        let known = self.settings().handed_out.get(&room_id.to_string()).copied();
        known.unwrap_or_default()
    }

    /// Stores up to where messages of a room were handed out; durable when it returns.
    pub async fn hand_out(&self, room_id: RoomId, order: u64) -> Result<(), ClientError> {
        let rooms: Vec<String> = self.rooms().iter().map(|room| room.room_id.to_string()).collect();
        {
            let mut settings = self.settings();
            // Of rooms that are gone nothing stays.
            settings.handed_out.retain(|room, _| rooms.contains(room));
            settings.handed_out.insert(room_id.to_string(), order);
        }
        self.keep_settings().await
    }

    /// Stores the settings; durable when it returns.
    pub async fn keep_settings(&self) -> Result<(), ClientError> {
        let (done, stored) = oneshot::channel();
        let order = Order::Keep {
            settings: self.settings().clone(),
            done,
        };
        self.orders.send(order).await.map_err(|_| ClientError::Stopped)?;
        stored.await.map_err(|_| ClientError::Stopped)?;
        Ok(())
    }

    /// Lets go out what waits for a better moment, such as that messages were read, and waits a moment until the server
    /// has it, where that can be reached.
    pub async fn leave(&self) -> Result<(), ClientError> {
        let (begun, begins) = oneshot::channel();
        let order = Order::Leave { begun };
        self.orders.send(order).await.map_err(|_| ClientError::Stopped)?;
        begins.await.map_err(|_| ClientError::Stopped)?;
        let online = waited(self.session.borrow().as_ref()) == Some(Waited::Online);
        if online {
            self.until_settled(LEAVE_PATIENCE).await?;
        }
        Ok(())
    }

    /// Stops: the store is closed, and others may have it.
    pub async fn stop(self) -> Result<(), ClientError> {
        self.end(Order::Stop { erase: false }).await
    }

    /// Stops, and erases the store with all that is in it.
    pub async fn erase(self) -> Result<(), ClientError> {
        self.end(Order::Stop { erase: true }).await
    }

    fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn end(self, order: Order) -> Result<(), ClientError> {
        // Where it stopped already, its own word counts.
        let _ = self.orders.send(order).await;
        drop(self.orders);
        self.task.await.map_err(|_| ClientError::Stopped)??;
        Ok(())
    }
}

/// Name of the record of [`Settings`].
pub(super) const SETTINGS: &str = "settings";

fn waited(session: Option<&SessionView>) -> Option<Waited> {
    match session? {
        SessionView::SignedOut { reason } => Some(Waited::SignedOut(reason.clone())),
        // Said by shells whose core begins before the password is there; ours begins after it.
        SessionView::Locked => None,
        SessionView::SignedIn { connection, .. } => match connection {
            ConnectionView::Online => Some(Waited::Online),
            ConnectionView::Offline => Some(Waited::Offline),
            ConnectionView::Connecting => None,
        },
    }
}
