import Glibc
import PoDCore
public import PoDRecipes
import PoDRendezvous
public import PoDTickets

/// What makes the owner of a session: its key, and the authority that certifies its daemons. Read from a state directory
/// without its lock, which the master has.
public struct KeptSession: Sendable {
    public let key: SigningKey
    /// `nil` where the recipe's daemons know no certificates.
    public let authority: SessionAuthority?

    /// - Throws: ``SessionError`` that names what is missing or wrong.
    public init(readingDirectory path: String) throws(SessionError) {
        do throws(TicketError) {
            self.key = try SigningKeyFile.read("\(path)/\(StateDirectory.keyFile)")
        } catch {
            throw SessionError(error.status, error.description)
        }
        self.authority = try Self.authority("\(path)/\(StateDirectory.authorityFile)")
    }

    private static func authority(_ path: String) throws(SessionError) -> SessionAuthority? {
        guard access(path, F_OK) == 0 || errno != ENOENT else { return nil }
        do {
            let document = try JSONValue(parsing: try SmallFile.read(path))
            var texts: [String: String] = [:]
            for file in document["files"]?.array ?? [] {
                if let name = file["name"]?.string, let text = file["text"]?.string {
                    texts.updateValue(text, forKey: name)
                }
            }
            return try SessionAuthority(
                key: texts[SessionAuthority.keyName] ?? "", certificate: texts[SessionAuthority.certificateName] ?? "")
        } catch let error as RendezvousError {
            throw SessionError(error.status, error.description)
        } catch let error as RecipeError {
            throw SessionError(error.status, "\(path): \(error)")
        } catch {
            throw SessionError(.data, "\(path): \(error)")
        }
    }
}
