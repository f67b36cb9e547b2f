import Foundation
import PoDCore
import Subprocess
import SystemPackage

/// Where the programs that belong together are: `bin` of an installed tree or of a checkout.
struct Installation {
    /// This program.
    static let alienPodPath = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
    static var alienPod: Executable { .path(FilePath(self.alienPodPath)) }

    private static let scripts = ["alien-pod-publish", "alien-pod-jobagent"]

    private let tree: String

    var publisherPath: String { "\(self.tree)/bin/alien-pod-publish" }
    var publisher: Executable { .path(FilePath(self.publisherPath)) }
    var jobAgent: Executable { .path(FilePath("\(self.tree)/bin/alien-pod-jobagent")) }

    /// - Parameter environment: `ALIEN_POD_HOME` names the tree; without it, it is the nearest one around this program,
    ///   for a checkout keeps its build some folders further down.
    /// - Throws: ``CommandError`` that names what is missing.
    init(environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        let trees = environment["ALIEN_POD_HOME"].map { [URL(fileURLWithPath: $0)] } ?? Self.foldersAroundThisProgram
        let found = trees.first { tree in
            Self.scripts.allSatisfy { FileManager.default.isExecutableFile(atPath: "\(tree.path)/bin/\($0)") }
        }
        guard let found else {
            let place = environment["ALIEN_POD_HOME"].map { "\($0)/bin (ALIEN_POD_HOME)" } ?? "bin of a folder above"
            throw CommandError(
                .unavailable, "\(Self.alienPodPath): expected \(Self.scripts.joined(separator: " and ")) in \(place)")
        }
        self.tree = found.path
    }

    /// The folder of the templates for jobs of the grid.
    var jobDescriptions: String {
        let places = ["share/alien-pod/jdl", "alien/jdl"].map { "\(self.tree)/\($0)" }
        return places.first(where: FileManager.default.fileExists) ?? places[0]
    }

    /// Where the Perl modules are, installed or built in a checkout.
    var modules: [String] {
        ["lib/perl5", "perl/blib/lib", "perl/blib/arch"].map { "\(self.tree)/\($0)" }
            .filter(FileManager.default.fileExists)
    }

    /// The nearest one first.
    private static var foldersAroundThisProgram: [URL] {
        var folders = [URL(fileURLWithPath: self.alienPodPath).deletingLastPathComponent()]
        while let last = folders.last, last.path != "/" {
            folders.append(last.deletingLastPathComponent())
        }
        return folders
    }
}
