import ArgumentParser
import PoDCore

/// The root of the command line.
@main
struct AlienPoDCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alien-pod",
        abstract: "Run interactive analysis clusters on the AliEn grid.",
        discussion: """
            A master is a job that advertises itself through MonALISA; idle JobAgents find it there and start workers \
            that connect to it. `alien-pod demo` shows the whole on this machine.

            Exit codes: 0 done; 64 wrong usage; 65 wrong data; 66 no such input; 69 nothing found or a service is \
            away; 73 can't write; 75 try again later; 77 refused; 78 wrong configuration.
            """,
        version: Version.current,
        subcommands: [
            DemoCommand.self, UpCommand.self, DownCommand.self, StatusCommand.self, SubmitCommand.self,
            WorkersCommand.self,
            ConnectCommand.self, MasterCommand.self, WorkerCommand.self, PublishCommand.self, WatchCommand.self,
            MonitorCommand.self, SimulateCommand.self, SettingsCommand.self, DoctorCommand.self, DatagramCommand.self,
            KeysCommand.self, TicketCommand.self,
        ])
}
