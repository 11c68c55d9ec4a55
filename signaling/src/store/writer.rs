//! The one writer: gathers what waits into one transaction.

use std::pin::Pin;

use sqlx::{AnyConnection, AnyPool, Connection as _};
use tokio::sync::{mpsc, oneshot};

use super::Engine;
use crate::{
    failure::{Failure, StoreError, causes},
    limits::{MAX_WRITE_BATCH, MAX_WRITES_WAITING},
};

/// What a write gives: the answer, and what is to happen once it is durable.
pub struct Written<T> {
    answer: T,
    after: Option<After>,
}

type After = Box<dyn FnOnce() + Send>;

impl<T> Written<T> {
    /// The answer alone.
    pub fn answer(answer: T) -> Self {
        Self { answer, after: None }
    }

    /// The answer, and what follows: called when the transaction is durable, before the answer is given, and in
    /// the order of the writes. It must not block.
    pub fn then(answer: T, after: impl FnOnce() + Send + 'static) -> Self {
        Self {
            answer,
            after: Some(Box::new(after)),
        }
    }
}

/// The work of one write.
pub type JobFuture<'c, T> = Pin<Box<dyn Future<Output = Result<Written<T>, Failure>> + Send + 'c>>;

/// Tells the asker how it ended: `true` when the transaction is durable.
type Finish = Box<dyn FnOnce(bool) + Send>;

/// How one job went, before the transaction ends.
enum Step {
    Done(Finish),
    Refused(Finish),
    Failed(Finish),
}

type Run =
    Box<dyn for<'c> FnOnce(&'c mut AnyConnection) -> Pin<Box<dyn Future<Output = Step> + Send + 'c>> + Send>;

enum Message {
    Job { atomic: bool, run: Run },
    Stop(oneshot::Sender<()>),
}

pub(super) struct Writer(mpsc::Sender<Message>);

impl Writer {
    pub(super) fn start(pool: AnyPool, engine: Engine) -> Self {
        let (sender, receiver) = mpsc::channel(MAX_WRITES_WAITING);
        tokio::spawn(run(receiver, pool, engine));
        Self(sender)
    }

    /// Hands work over and waits until it is durable. `atomic` work is undone as a whole when it refuses or
    /// fails; other work must refuse before it writes, and when it fails, the whole transaction is given up.
    pub(super) async fn submit<T, W>(&self, atomic: bool, work: W) -> Result<T, Failure>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut AnyConnection) -> JobFuture<'c, T> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let run: Run = Box::new(move |connection| {
            let work = work(connection);
            Box::pin(async move { step_of(work.await, sender) })
        });
        let given_up = || Failure::Store(StoreError::GivenUp);
        self.0
            .send(Message::Job { atomic, run })
            .await
            .map_err(|_| given_up())?;
        receiver.await.map_err(|_| given_up())?
    }

    pub(super) async fn stop(&self) {
        let (sender, receiver) = oneshot::channel();
        if self.0.send(Message::Stop(sender)).await.is_ok() {
            let _ = receiver.await;
        }
    }
}

fn step_of<T: Send + 'static>(
    result: Result<Written<T>, Failure>,
    asker: oneshot::Sender<Result<T, Failure>>,
) -> Step {
    // An asker that is gone has no use for the answer; what it wrote stands all the same.
    match result {
        Ok(Written { answer, after }) => Step::Done(Box::new(move |durable| {
            if durable {
                if let Some(after) = after {
                    after();
                }
                let _ = asker.send(Ok(answer));
            } else {
                let _ = asker.send(Err(StoreError::GivenUp.into()));
            }
        })),
        Err(failure @ Failure::Refused(_)) => Step::Refused(Box::new(move |_| {
            let _ = asker.send(Err(failure));
        })),
        Err(failure @ Failure::Store(_)) => Step::Failed(Box::new(move |_| {
            let _ = asker.send(Err(failure));
        })),
    }
}

async fn run(mut messages: mpsc::Receiver<Message>, pool: AnyPool, engine: Engine) {
    let mut gathered = Vec::new();
    let mut stopping = Vec::new();
    while messages.recv_many(&mut gathered, MAX_WRITE_BATCH).await > 0 {
        let mut jobs = Vec::with_capacity(gathered.len());
        for message in gathered.drain(..) {
            match message {
                Message::Job { atomic, run } => jobs.push((atomic, run)),
                Message::Stop(stopped) => {
                    // Nothing new is taken; what waits already is still written.
                    messages.close();
                    stopping.push(stopped);
                }
            }
        }
        // In a task of its own, so that a fault in one write does not end all writing.
        if tokio::spawn(run_batch(pool.clone(), engine, jobs)).await.is_err() {
            tracing::error!("a write panicked; its transaction was given up");
        }
    }
    pool.close().await;
    for stopped in stopping {
        let _ = stopped.send(());
    }
}

async fn run_batch(pool: AnyPool, engine: Engine, jobs: Vec<(bool, Run)>) {
    let mut finishes = Vec::with_capacity(jobs.len());
    let result = attempt(&pool, engine, jobs, &mut finishes).await;
    if let Err(error) = &result {
        tracing::error!(error = causes(error), "a transaction was given up");
    }
    for finish in finishes {
        finish(result.is_ok());
    }
}

/// One transaction. Jobs that it does not come to are dropped, which tells their askers.
async fn attempt(
    pool: &AnyPool,
    engine: Engine,
    jobs: Vec<(bool, Run)>,
    finishes: &mut Vec<Finish>,
) -> Result<(), StoreError> {
    let mut connection = pool.acquire().await?;
    let mut transaction = connection.begin_with(engine.begin()).await?;
    for (atomic, run) in jobs {
        if atomic {
            let mut savepoint = transaction.begin().await?;
            match run(&mut savepoint).await {
                Step::Done(finish) => {
                    finishes.push(finish);
                    savepoint.commit().await?;
                }
                Step::Refused(finish) | Step::Failed(finish) => {
                    finishes.push(finish);
                    savepoint.rollback().await?;
                }
            }
        } else {
            match run(&mut transaction).await {
                Step::Done(finish) | Step::Refused(finish) => finishes.push(finish),
                Step::Failed(finish) => {
                    finishes.push(finish);
                    return Err(StoreError::GivenUp);
                }
            }
        }
    }
    transaction.commit().await?;
    Ok(())
}

impl Engine {
    /// SQLite's plain BEGIN takes the write lock at the first write, and then fails at once where someone else
    /// wrote since the first read, whatever the busy timeout.
    fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }
}
