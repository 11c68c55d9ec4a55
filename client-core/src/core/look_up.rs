//! Looking a person up by the ID.

use protocol::{
    Code, Email,
    socket::{PersonLookUp, Reply, Request},
};

use super::{
    asks::Ask,
    device::Device,
    shell::{Answer, Refusal, Shell},
};
use crate::{
    api::{self, Failure},
    failure::{failure, failure_with, of_refusal},
    tasks::take_card,
};

impl Device {
    pub(super) fn look_up(&mut self, shell: &mut Shell, id: u32, email: &str) -> Result<(), Failure> {
        let email =
            Email::parse(email).map_err(|_| failure_with("email_malformed", "email", email.trim()))?;
        self.must_be_online()?;
        shell.request(
            Ask::LookUp { command: id },
            Request::PersonLookUp(PersonLookUp { email }),
        );
        Ok(())
    }

    pub(super) fn on_looked_up(&mut self, shell: &mut Shell, command: u32, answer: Answer) {
        let reply = match answer {
            Ok(Reply::Person(person)) => {
                let (mut env, _) = self.split(shell);
                let user_id = person.user_id;
                match take_card(&mut env, *person) {
                    Ok(()) => {
                        let me = env.me();
                        api::Reply::Person(env.people.person_card(user_id, None, me, env.own))
                    }
                    Err(failure) => api::Reply::Failed(failure),
                }
            }
            Ok(_) => api::Reply::Failed(failure("internal")),
            Err(Refusal::Problem(problem)) if problem.code == Code::NotFound => {
                api::Reply::Failed(failure("person_unknown"))
            }
            Err(refusal) => api::Reply::Failed(of_refusal(&refusal)),
        };
        shell.reply(command, reply);
    }
}
