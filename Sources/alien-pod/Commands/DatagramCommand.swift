import ApMon
import ArgumentParser
import Glibc
import PoDCore

struct DatagramCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "datagram",
        abstract: "Look inside ApMon datagrams, or make them.",
        subcommands: [Decode.self, Encode.self])

    struct Decode: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what datagrams say.",
            discussion: "Exits with 65 if one is malformed, after showing what could be read of it, and with 66 if a "
                + "file can't be read.")

        @Argument(help: "Files that hold one datagram each; - for standard input.")
        var files: [String]

        @Flag(help: "One line of JSON for each file: file, wire, wire_error.")
        var json = false

        func run() throws {
            var status: ExitStatus?
            for file in self.files {
                do {
                    let isWellFormed = self.show(file, try DatagramFile.read(file))
                    status = isWellFormed ? status : status ?? .data
                } catch {
                    DatagramCommand.complain("\(error)")
                    status = .noInput
                }
            }
            if let status {
                throw ExitCode(status.rawValue)
            }
        }

        private func show(_ file: String, _ bytes: [UInt8]) -> Bool {
            let datagram = PartialDatagram(decoding: bytes)
            if self.json {
                let line = JSONValue.object([
                    .init(name: "file", value: .string(file)),
                    .init(name: "wire", value: DatagramJSON.wire(datagram)),
                    .init(name: "wire_error", value: datagram.error.map { .string("\($0)") } ?? .null),
                ])
                print(line.text)
            } else {
                for line in DatagramListing(datagram: datagram).lines(file: file, size: bytes.count) {
                    print(line)
                }
            }
            return datagram.error == nil
        }
    }

    struct Encode: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a datagram from the wire object that decode --json prints.",
            discussion: "Also takes the whole line of decode, if its wire_error is null.")

        @Option(help: "A file with the JSON; - for standard input.")
        var jsonFile: String

        @Option(help: "Where the datagram goes; - for standard output.")
        var output: String

        func run() throws {
            do {
                let json = try JSONValue(parsing: try DatagramFile.read(self.jsonFile))
                let datagram = try DatagramJSON.datagram(wire: json["wire"] ?? json)
                try DatagramFile.write(datagram.encoded(), to: self.output)
            } catch let error as DatagramFile.Failure {
                DatagramCommand.complain("\(error)")
                throw ExitCode(error.status.rawValue)
            } catch {
                DatagramCommand.complain("\(self.jsonFile): \(error)")
                throw ExitCode(ExitStatus.data.rawValue)
            }
        }
    }

    fileprivate static func complain(_ problem: String) {
        "alien-pod datagram: \(problem)\n".withCString { _ = write(STDERR_FILENO, $0, strlen($0)) }
    }
}
