//! `conclave admin`.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use protocol::{Email, NetworkId, policies::Verify};
use signaling::{
    Clock,
    admin::{Admin, Invite, PolicyChange, Role},
};

use crate::say;

/// What all of them need.
#[derive(Args, Debug)]
pub struct AdminOptions {
    /// Folder of the server's data
    #[arg(
        long,
        env = "CONCLAVE_DATA",
        value_name = "DIR",
        default_value = "data",
        global = true
    )]
    data: PathBuf,

    /// Database, if the server has one that is not in the data folder
    #[arg(
        long,
        env = "CONCLAVE_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true,
        global = true
    )]
    database_url: Option<String>,

    #[command(subcommand)]
    command: AdminCommand,
}

#[derive(Debug, Subcommand)]
enum AdminCommand {
    /// Invite someone; prints the link to hand over. An open invitation of the same address stops working.
    Invite {
        /// Whom
        email: String,
        /// The person's name
        #[arg(long)]
        name: Option<String>,
        /// What the person may do
        #[arg(long, value_enum, default_value_t = RoleName::Member)]
        role: RoleName,
        /// Into which network; needed where there are several
        #[arg(long, value_name = "ID")]
        network: Option<NetworkId>,
    },
    /// Say what a network asks of its users in dealing with contacts; prints what holds. What is left out stays as it is.
    Policy {
        /// Verifying contacts of the own network
        #[arg(long, value_enum)]
        verify_inside: Option<VerifyName>,
        /// Verifying contacts of other networks
        #[arg(long, value_enum)]
        verify_outside: Option<VerifyName>,
        /// Whether there may be contacts of other networks
        #[arg(long)]
        outside_contacts: Option<bool>,
        /// Whether what was said in one room may be handed on into another
        #[arg(long)]
        forwarding: Option<bool>,
        /// Which network; needed where there are several
        #[arg(long, value_name = "ID")]
        network: Option<NetworkId>,
    },
    /// Create another network (an organisation of its own); prints its id.
    CreateNetwork {
        /// Its name
        name: String,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleName {
    Owner,
    Administrator,
    Member,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum VerifyName {
    /// ID videos are not offered
    Off,
    /// Who wants to verifies
    Optional,
    /// Nothing passes between two people before each has verified the other
    Required,
}

impl VerifyName {
    fn of(verify: Verify) -> &'static str {
        match verify {
            Verify::Off => "off",
            Verify::Optional => "optional",
            Verify::Required => "required",
        }
    }
}

impl From<VerifyName> for Verify {
    fn from(name: VerifyName) -> Self {
        match name {
            VerifyName::Off => Self::Off,
            VerifyName::Optional => Self::Optional,
            VerifyName::Required => Self::Required,
        }
    }
}

/// Carries one out.
pub async fn admin(options: AdminOptions) -> anyhow::Result<()> {
    let AdminOptions {
        data,
        database_url,
        command,
    } = options;
    if !data.is_dir() {
        anyhow::bail!(
            "there is no data folder {}: name the server's with --data DIR, or start the server once",
            data.display()
        );
    }
    match command {
        AdminCommand::Invite {
            email,
            name,
            role,
            network,
        } => {
            let email = Email::parse(&email).with_context(|| format!("{email:?} cannot be invited"))?;
            let admin = Admin::open(data, database_url, Clock::system()).await?;
            let role = match role {
                RoleName::Owner => Role::Owner,
                RoleName::Administrator => Role::Administrator,
                RoleName::Member => Role::Member,
            };
            let invitation = admin
                .invite(Invite {
                    network,
                    email,
                    name,
                    role,
                })
                .await?;
            say("invitation", &invitation.url);
        }
        AdminCommand::Policy {
            verify_inside,
            verify_outside,
            outside_contacts,
            forwarding,
            network,
        } => {
            let admin = Admin::open(data, database_url, Clock::system()).await?;
            let change = PolicyChange {
                verify_inside: verify_inside.map(Verify::from),
                verify_outside: verify_outside.map(Verify::from),
                outside_contacts,
                forwarding,
            };
            let policies = admin.change_policies(network, change).await?;
            say("verify-inside", VerifyName::of(policies.verify_inside));
            say("verify-outside", VerifyName::of(policies.verify_outside));
            say("outside-contacts", &policies.outside_contacts.to_string());
            say("forwarding", &policies.forwarding.to_string());
        }
        AdminCommand::CreateNetwork { name } => {
            let admin = Admin::open(data, database_url, Clock::system()).await?;
            let network = admin
                .create_network(&name)
                .await
                .context("the network was not created")?;
            say("network", &network.to_string());
        }
    }
    Ok(())
}
