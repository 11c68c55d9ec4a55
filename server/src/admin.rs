//! `conclave admin`.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use protocol::{Email, NetworkId};
use signaling::{
    Clock,
    admin::{Admin, Invite, Role},
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
