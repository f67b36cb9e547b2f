import ArgumentParser
import PoDCore
import PoDTickets

struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make and show Ed25519 keys.",
        discussion: "Exit codes: 0 done; 65 the file holds no key; 66 it can't be read; 73 it can't be written, or is "
            + "there already; 77 others may read it.",
        subcommands: [New.self, Show.self])

    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key.",
            discussion:
                "The file is of mode 0600, PKCS #8 in PEM as OpenSSL reads it. Prints the public half in base64.")

        @Argument(help: "Where the key goes; a file that is there already is left as it is.")
        var file: String

        func run() throws {
            do throws(TicketError) {
                let key = try SigningKey()
                try SigningKeyFile.create(self.file, key)
                print(key.publicKey)
            } catch {
                throw CommandError(error.status, error.description).reported()
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the public half of a key, in base64 as podTrustedKey has it.")

        @Argument(help: "A key file.")
        var file: String

        @Flag(help: "Print a JWK (RFC 8037).")
        var jwk = false

        @Flag(help: "Print the thumbprint (RFC 7638), as podRevoked has it.")
        var thumbprint = false

        func validate() throws {
            guard !(self.jwk && self.thumbprint) else {
                throw ValidationError("expected --jwk or --thumbprint, not both")
            }
        }

        func run() throws {
            do throws(TicketError) {
                let key = try SigningKeyFile.read(self.file).publicKey
                print(self.jwk ? key.jwk.text : self.thumbprint ? key.thumbprint.description : key.description)
            } catch {
                throw CommandError(error.status, error.description).reported()
            }
        }
    }
}
