import Foundation
import PoDCore
import Subprocess
import SystemPackage

/// Where the parts that belong together are: the programs, the Perl scripts and the Perl modules with their library.
struct Installation {
    /// This program.
    static let alienPodPath = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
    static var alienPod: Executable { .path(FilePath(self.alienPodPath)) }
    /// Arguments of `perl` before a script's name.
    let perlArguments: [String]
    let publisherScript: String
    let jobAgentScript: String

    /// - Parameter environment: `ALIEN_POD_HOME` names the checkout or the installed tree; without it the tree around
    ///   this program is looked at.
    /// - Throws: ``CommandError`` that names what is missing.
    init(environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        let home =
            environment["ALIEN_POD_HOME"].map { URL(fileURLWithPath: $0) }
            ?? URL(fileURLWithPath: Self.alienPodPath).deletingLastPathComponent().deletingLastPathComponent()
        let perl = home.appendingPathComponent("perl")
        guard FileManager.default.fileExists(atPath: perl.appendingPathComponent("blib/arch").path) else {
            throw CommandError(
                .unavailable, "the Perl modules are not built below \(home.path): run bin/alien-pod of a checkout")
        }
        self.perlArguments = ["-I\(perl.path)/blib/lib", "-I\(perl.path)/blib/arch"]
        self.publisherScript = perl.appendingPathComponent("bin/alien-pod-publish").path
        self.jobAgentScript = perl.appendingPathComponent("bin/alien-pod-jobagent").path
    }
}
