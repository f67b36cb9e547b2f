import PoDCore
import PoDRecipes
import Testing

@Suite struct CommandRecipeTests {
    private let lease = LeaseID(epoch: 5, number: 3)
    private let site: DaemonSite

    init() throws {
        self.site = try DaemonSite(directory: "/srv", address: Address(host: "127.0.0.1", port: 21001))
    }

    @Test("the command is this machine's: nothing from the network gets into it")
    func command() throws {
        let recipe = try CommandRecipe(command: ["/bin/daemon", "-x", "a b"])
        let plan = try recipe.worker(lease: self.lease, parameters: ["command": "rm -rf /"], at: self.site)
        #expect(plan.command == ["/bin/daemon", "-x", "a b"])
        #expect(plan.environment == ["ALIEN_POD_LEASE": "5.3"])
        #expect(plan.files.isEmpty && plan.directories.isEmpty)
        #expect(plan.ready == .started)
        #expect(try recipe.head(at: self.site).daemon == nil)
    }

    @Test("it is ready when it says so, where a text is named")
    func readyText() throws {
        let plan = try CommandRecipe(command: ["d"], readyText: "listening")
            .worker(lease: self.lease, parameters: [:], at: self.site)
        #expect(plan.ready == .line(containing: "listening"))
    }

    @Test("no command is a wrong usage", arguments: [[], [""]])
    func none(command: [String]) {
        let error = #expect(throws: RecipeError.self) { try CommandRecipe(command: command) }
        #expect(error?.status == .usage)
    }
}
