//! Tasks that are going on: each answer leads to its next step.

use protocol::{RoomId, UserId, socket::RoomKindTag};

use super::{
    device::Device,
    shell::{Answer, Shell},
};
use crate::{
    failure::failure,
    rooms::Env,
    tasks::{Step, Task},
};

impl Device {
    pub(super) fn start_task(&mut self, shell: &mut Shell, task: Task) {
        let id = self.next_task;
        self.next_task = self.next_task.wrapping_add(1);
        self.step_task(shell, id, task, |task, env| task.advance(env, id));
    }

    pub(super) fn on_task_answer(&mut self, shell: &mut Shell, id: u32, answer: Answer) {
        if let Some(task) = self.tasks.remove(&id) {
            self.step_task(shell, id, task, |task, env| task.on_answer(env, id, answer));
        }
    }

    fn step_task(
        &mut self,
        shell: &mut Shell,
        id: u32,
        mut task: Task,
        act: impl FnOnce(&mut Task, &mut Env<'_>) -> Step,
    ) {
        let (mut env, _) = self.split(shell);
        let mut step = act(&mut task, &mut env);
        if let Step::FindDirect { user_id } = step {
            step = match self.direct_with(user_id) {
                Some(room_id) => {
                    shell.reply(task.command(), crate::api::Reply::Room { room_id });
                    Step::Done
                }
                None => {
                    let (mut env, _) = self.split(shell);
                    task.claim(&mut env, id)
                }
            };
        }
        match step {
            Step::Wait => {
                self.tasks.insert(id, task);
            }
            Step::Done | Step::FindDirect { .. } => {}
            Step::Found(new) => self.found(shell, new),
            Step::Wish { room_id, intent } => {
                let done = self.with_room(shell, room_id, |room, env| room.wish(env, intent));
                if done.is_none() {
                    shell.fail(task.command(), failure("room_gone"));
                }
            }
        }
    }

    fn direct_with(&self, user_id: UserId) -> Option<RoomId> {
        let direct = self
            .rooms
            .values()
            .filter(|room| room.kind() == RoomKindTag::Direct);
        direct
            .filter(|room| room.users().contains(&user_id))
            .map(|room| room.id)
            .next()
    }
}
