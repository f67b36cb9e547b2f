import AliEnSite
import ArgumentParser
import PoDCore
import PoDRecipes
import PoDRendezvous
import PoDSession
import PoDTickets

/// A failure of a command: one line for standard error, and the exit code.
struct CommandError: Error, CustomStringConvertible {
    let status: ExitStatus
    let description: String

    init(_ status: ExitStatus, _ description: String) {
        self.status = status
        self.description = description
    }

    /// Prints the line and gives the error that ends the program with the exit code.
    func reported() -> ExitCode {
        CommandLog.complain(self.description)
        return ExitCode(self.status.rawValue)
    }

    /// Runs a command of the daemons, whose errors become a line and an exit code.
    static func reporting<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as CommandError {
            throw error.reported()
        } catch let error as RendezvousError {
            throw CommandError(error.status, error.description).reported()
        } catch let error as SiteError {
            throw CommandError(error.status, error.description).reported()
        } catch let error as RecipeError {
            throw CommandError(error.status, error.description).reported()
        } catch let error as SessionError {
            throw CommandError(error.status, error.description).reported()
        } catch let error as TicketError {
            throw CommandError(error.status, error.description).reported()
        } catch let error as ValueError {
            throw CommandError(.usage, error.description).reported()
        }
    }
}
