import PoDCore
import PoDRecipes
import Testing

@Suite struct CommandRecipeTests {
    private let lease = LeaseID(epoch: 5, number: 3)

    @Test("the command is this machine's: nothing from the network gets into it")
    func command() throws {
        let recipe = try CommandRecipe(command: ["/bin/daemon", "-x", "a b"])
        let plan = try recipe.worker(lease: self.lease, parameters: ["command": "rm -rf /"], in: "/work")
        #expect(plan.command == ["/bin/daemon", "-x", "a b"])
        #expect(plan.environment == ["ALIEN_POD_LEASE": "5.3"])
        #expect(plan.ready == .started)
        #expect(try recipe.head(in: "/work") == nil)
    }

    @Test("it is ready when it says so, where a text is named")
    func readyText() throws {
        let plan = try CommandRecipe(command: ["d"], readyText: "listening")
            .worker(lease: self.lease, parameters: [:], in: "/work")
        #expect(plan.ready == .line(containing: "listening"))
    }

    @Test("no command is a wrong usage", arguments: [[], [""]])
    func none(command: [String]) {
        let error = #expect(throws: RecipeError.self) { try CommandRecipe(command: command) }
        #expect(error?.status == .usage)
    }
}
