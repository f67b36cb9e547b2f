public import Foundation
public import PoDCore

/// PROOF: an `xproofd` beside the master that reads the workers from `proof.conf`, and one at each worker.
///
/// Files and lines are those of PROOF on Demand 3.16. Its daemons ask nobody to prove who he is, so that they take
/// connections from their own machine alone, and workers elsewhere come forwarded.
public struct XProofDRecipe: Recipe {
    public let name = "xproofd"
    private let setup: DaemonSetup?
    private let program: XRootDProgram
    private let hostName: String
    private let environment: [String: String]

    private static let configurationName = "xpd.cf"
    /// PoD's name of the head's instance, which its tools expect in the paths below the admin directory.
    private static let headInstance = "PoDServer"
    /// The path of a Unix socket ends at 108 bytes, and xproofd puts up to 32 behind the directory's.
    private static let longestDirectory = 76

    /// - Parameters:
    ///   - setup: Sourced before each daemon; PROOF users have `thisroot.sh` there.
    ///   - isStartedByRoot: As in ``XRootDRecipe/init(setup:isStartedByRoot:)``.
    ///   - hostName: This machine's name, which stands in `proof.conf`.
    ///   - environment: Where ROOTSYS, PATH and LD_LIBRARY_PATH are looked up.
    /// - Throws: ``RecipeError`` when the name is none of a host, or ROOTSYS no usable path.
    public init(
        setup: DaemonSetup? = nil, isStartedByRoot: Bool = geteuid() == 0,
        hostName: String = ProcessInfo.processInfo.hostName,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(RecipeError) {
        do {
            self.hostName = try Address(host: hostName, port: 1).host
        } catch {
            throw RecipeError(.configuration, "recipe xproofd: \(error.description)")
        }
        self.setup = setup
        self.program = XRootDProgram(name: "xproofd", isStartedByRoot: isStartedByRoot)
        self.environment = try Self.rootEnvironment(of: environment)
    }

    /// What a PROOF user has after `thisroot.sh`.
    private static func rootEnvironment(of environment: [String: String]) throws(RecipeError) -> [String: String] {
        guard let root = environment["ROOTSYS"] else { return [:] }
        guard DaemonSite.isUsable(root), !root.contains(":") else {
            throw RecipeError(.configuration, "ROOTSYS: expected an absolute path, found \(ValueError.quoted(root))")
        }
        var result = ["ROOTSYS": root]
        for (name, directory) in [("PATH", "bin"), ("LD_LIBRARY_PATH", "lib"), ("PYTHONPATH", "lib")] {
            let rest = environment[name].map { $0.isEmpty ? "" : ":\($0)" } ?? ""
            result.updateValue("\(root)/\(directory)\(rest)", forKey: name)
        }
        return result
    }

    public func prepare(progress: @Sendable (String) -> Void) async throws {
        if self.setup == nil {
            try await self.program.check(path: self.path)
        }
    }

    public func survey() async throws -> String {
        try await self.program.survey(after: self.setup, path: self.path)
    }

    private var path: String { self.environment["PATH"] ?? ProcessInfo.processInfo.environment["PATH"] ?? "" }

    public func head(at site: DaemonSite) throws -> HeadPlan {
        let lines = [
            "# server.adminpath \(site.directory)/admin",
            "xrd.adminpath \(site.directory)/admin",
            "xpd.role master",
        ]
        return HeadPlan(
            daemon: try self.plan(
                lines, directories: ["admin", "tmp"], files: self.headFiles(for: [], at: site),
                instance: Self.headInstance, at: site),
            details: [("proof", site.contact.description)])
    }

    public func headFiles(for workers: [RegisteredWorker], at site: DaemonSite) throws -> [DaemonFile] {
        [
            DaemonFile(
                name: ProofConfiguration.fileName,
                text: ProofConfiguration.head(host: self.hostName, workers: workers))
        ]
    }

    public func worker(lease: LeaseID, parameters: [String: String], at site: DaemonSite) throws -> DaemonPlan {
        let lines = [
            "# worker.adminpath \(site.directory)/admin",
            "xrd.adminpath \(site.directory)/admin",
            "xpd.sockpathdir \(site.directory)/sock",
            "xpd.workdir \(site.directory)/proof",
            "xpd.role worker",
        ]
        return try self.plan(
            lines, directories: ["admin", "proof", "sock", "tmp"],
            files: [
                DaemonFile(
                    name: ProofConfiguration.fileName, text: ProofConfiguration.worker(host: self.hostName))
            ], instance: nil, at: site)
    }

    public func userLines(at site: DaemonSite) -> [String] {
        ["TProof *proof = TProof::Open(\"\(site.contact)\");"]
    }

    private func plan(
        _ roleLines: [String], directories: [String], files: [DaemonFile], instance: String?, at site: DaemonSite
    ) throws -> DaemonPlan {
        try self.program.requireLoopback(site.address)
        guard site.directory.utf8.count <= Self.longestDirectory else {
            throw RecipeError(
                .configuration,
                "recipe xproofd: directory \(site.directory): expected at most \(Self.longestDirectory) bytes, for its "
                    + "sockets' paths to fit")
        }
        let proofConfiguration = "\(site.directory)/\(ProofConfiguration.fileName)"
        let lines =
            ["xpd.port \(site.address.port)"] + roleLines
            + [
                "set PROOFTMP=\(site.directory)/tmp",
                "xpd.tmp $PROOFTMP",
                "set PROOFCFGFILE=$POD_PROOFCFG_FILE",
                "xpd.resource static $(PROOFCFGFILE)",
            ] + XRootDProgram.loopbackOnly
        let configuration = DaemonFile(name: Self.configurationName, text: lines.map { $0 + "\n" }.joined())
        return DaemonPlan(
            command: self.program.command(
                configuration: "\(site.directory)/\(Self.configurationName)", port: site.address.port,
                instance: instance),
            environment: self.environment.merging(
                ["POD_PROOFCFG_FILE": proofConfiguration, "PROOFCFGFILE": proofConfiguration]
            ) { $1 },
            directories: directories, files: [configuration] + files,
            // An xproofd that also serves files may answer as either.
            ready: .handshake(port: site.address.port, as: [.proof, .files])
        ).after(self.setup)
    }
}
