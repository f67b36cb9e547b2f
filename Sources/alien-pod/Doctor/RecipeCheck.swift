import PoDCore
import PoDRecipes

/// Whether a recipe's daemon can start here.
struct RecipeCheck: Check {
    let recipe: any Recipe

    var name: String { self.recipe.name }

    func run() async -> Finding {
        do {
            return .ok(try await self.recipe.survey())
        } catch let error as RecipeError {
            return .failed(
                error.status, error.description, advice: ["--setup COMMAND|FILE may bring it, as in podSetup"])
        } catch {
            return .failed(.software, "\(error)")
        }
    }
}
