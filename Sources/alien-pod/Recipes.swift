import ArgumentParser
import Foundation
import PoDCore
import PoDRecipes

/// The recipes by name, as `master` and `worker` are told of them.
struct Recipes: ParsableArguments {
    static let names = ["dask", "xrootd", "xproofd", "command"]

    @Option(help: "A command, or a file, that is sourced before each daemon.")
    var setup: String?

    @Option(help: "The Python that runs Dask; one of our own, installed on first use, if not given.")
    var python: String?

    @Option(help: "What the job was given for one worker, in MiB; the control groups' limits count in any case.")
    var memoryLimit: Int?

    @Option(help: "Recipe command is ready when its output holds this text; at once if not given.")
    var readyText: String?

    @Option(parsing: .upToNextOption, help: "The command line of recipe command.")
    var command: [String] = []

    /// The same for another process of ours, wherever that works, to come last: what is behind `--command` takes all that
    /// follows.
    var arguments: [String] {
        var arguments: [String] = []
        if let setup {
            let isFile = FileManager.default.fileExists(atPath: setup)
            arguments += ["--setup", isFile ? URL(fileURLWithPath: setup).path : setup]
        }
        if let python {
            arguments += ["--python", python.contains("/") ? URL(fileURLWithPath: python).path : python]
        }
        if let memoryLimit { arguments += ["--memory-limit", String(memoryLimit)] }
        if let readyText { arguments += ["--ready-text", readyText] }
        return arguments + (self.command.isEmpty ? [] : ["--command"] + self.command)
    }

    /// - Parameter hasDashboard: Whether Dask's scheduler is to have its page with plots.
    func named(_ name: String, hasDashboard: Bool = false) throws -> any Recipe {
        let setup = try self.setup.map {
            try DaemonSetup(
                parsing: $0, currentDirectory: FileManager.default.currentDirectoryPath,
                isFile: FileManager.default.fileExists(atPath:))
        }
        switch name {
        case "dask":
            if let memoryLimit, !(1...(1 << 30)).contains(memoryLimit) {
                throw ValueError("--memory-limit", found: String(memoryLimit), expected: "MiB, 1 or more")
            }
            return DaskRecipe(
                environment: self.python.map { DaskEnvironment(python: $0) }
                    ?? DaskEnvironment(hasDashboard: hasDashboard),
                setup: setup, memoryLimit: self.memoryLimit.map { UInt64($0) << 20 })
        case "xrootd": return XRootDRecipe(setup: setup)
        case "xproofd": return try XProofDRecipe(setup: setup)
        case "command": return try CommandRecipe(command: self.command, setup: setup, readyText: self.readyText)
        default: throw ValueError("--recipe", found: name, expected: "one of \(Self.names.joined(separator: ", "))")
        }
    }
}
