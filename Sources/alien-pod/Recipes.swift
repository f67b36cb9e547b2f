import PoDCore
import PoDRecipes

/// The recipes by name.
enum Recipes {
    static let names = ["dask", "command"]

    static func named(_ name: String, command: [String]) throws -> any Recipe {
        switch name {
        case "dask": return DaskRecipe()
        case "command": return try CommandRecipe(command: command)
        default: throw ValueError("--recipe", found: name, expected: self.names.joined(separator: " or "))
        }
    }
}
