import AliEnSite
import PoDCore

/// What a session's workers are to be.
struct WorkerPlan {
    /// Of `alien-pod worker`, beside those that follow from the session; the recipe's last.
    private let arguments: [String]
    private let resources: JobResources

    /// - Parameter recipes: As for the master; what they leave open is done as it does it.
    init(for master: RunningMaster, _ resources: JobResources, _ recipes: Recipes, on backend: any Backend) throws {
        var resources = resources
        var recipes = recipes
        if !backend.isThisMachine {
            let time = resources.time ?? Self.standardTime
            resources.time = min(time, backend.longestTime ?? time)
        }
        // Where the files are the same there is nothing to be installed again, and no version differs.
        if backend.sharesFiles { recipes.python = recipes.python ?? master.python }
        recipes.memoryLimit = recipes.memoryLimit ?? resources.memory
        // What is wrong is told before anything is submitted.
        _ = try recipes.named(master.recipe)
        let time = resources.time.map { ["--ttl", String($0)] } ?? []
        self.arguments = ["--detached"] + time + ["--recipe", master.recipe] + recipes.arguments
        self.resources = resources
    }

    /// As long as a master lives where nobody says otherwise, in seconds.
    private static let standardTime = 43200

    /// Where in the session's directory join files are, and their names: those that are submitted together have one.
    static let joinDirectory = "workers"
    static func joinFileName(of numbers: ClosedRange<Int>) -> String { "join-\(numbers.lowerBound).json" }

    func request(for place: SessionPlace, on backend: any Backend, numbers: ClosedRange<Int>) -> JobRequest {
        let join = "\(Self.joinDirectory)/\(Self.joinFileName(of: numbers))"
        return JobRequest(
            kind: .worker, session: place.name, directory: place.directory,
            program: JobPrograms.alienPod(on: backend, home: self.resources.home),
            arguments: ["worker", "--join", .file(join)] + self.arguments.map { .text($0) },
            numbers: numbers, inputs: [join], resources: self.resources)
    }
}
