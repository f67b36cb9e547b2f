import ArgumentParser
import Logging
import PoDCore
import PoDMonitor
import ServiceLifecycle
import UnixSignals

/// `alien-pod monitor`: the embedded monitor as a program.
struct MonitorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "monitor",
        abstract: "Take ApMon datagrams and answer MonALISA's REST interface.",
        discussion: """
            Keeps the last value of each series in memory for 15 minutes. On start it prints where datagrams are \
            taken and the base URL for requests, one line each; port 0 picks a free port. It ends on SIGTERM or \
            Ctrl-C.

            Exit codes: 0 ended by a signal; 64 wrong usage; 69 an address can't be listened on.
            """)

    @Option(
        help: ArgumentHelp("Where datagrams are taken.", valueName: "host:port"),
        transform: Self.listenAddress)
    var udp = ListenAddress(host: "127.0.0.1", port: 8884)

    @Option(
        help: ArgumentHelp("Where requests are answered.", valueName: "host:port"),
        transform: Self.listenAddress)
    var http = ListenAddress(host: "127.0.0.1", port: 8080)

    @Option(help: ArgumentHelp("The farm to report as; the short host name by default.", valueName: "name"))
    var farm: String?

    @Option(
        help: ArgumentHelp(
            "The password that datagrams must carry. ApMon sends it in clear.", valueName: "password"))
    var password: String?

    @Flag(help: "Log each refused datagram on standard error.")
    var verbose = false

    func validate() throws {
        _ = try self.monitorConfiguration()
    }

    func run() async throws {
        var logger = CommandLog.logger("monitor")
        logger.logLevel = .warning
        let groupLogger = logger
        logger.logLevel = self.verbose ? .debug : .warning
        let monitor = MonitorService(
            configuration: try self.monitorConfiguration(), logger: logger,
            onRunning: { CommandLog.printLine("udp \($0.udp)\nhttp \($0.baseURL)") })
        var groupConfiguration = ServiceGroupConfiguration(
            services: [monitor], gracefulShutdownSignals: [.sigterm, .sigint], logger: groupLogger)
        // Requests take milliseconds: whoever is not done by then does not read.
        groupConfiguration.maximumGracefulShutdownDuration = .seconds(5)
        do {
            try await ServiceGroup(configuration: groupConfiguration).run()
        } catch let error as MonitorError {
            throw CommandError(.unavailable, error.description).reported()
        } catch is CancellationError {
            // A client that did not read its answer was cut off; that is an orderly end too.
        }
    }

    private func monitorConfiguration() throws -> MonitorConfiguration {
        do throws(MonitorError) {
            var configuration = try MonitorConfiguration(farm: self.farm)
            configuration.udp = self.udp
            configuration.http = self.http
            configuration.password = self.password
            return configuration
        } catch {
            throw ValidationError(error.description)
        }
    }

    private static func listenAddress(_ text: String) throws -> ListenAddress {
        do throws(MonitorError) {
            return try ListenAddress(parsing: text)
        } catch {
            throw ValidationError(error.description)
        }
    }
}
