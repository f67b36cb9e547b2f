/// What an attacker, or a careless user, might put where a name is expected.
enum HostileText {
    static let all = [
        "", "a\nb", "a\r\nmaster evil", "a\0b", "a b", "a\tb", "a'b", "a\"b", "a`id`b", "$(id)", "${HOME}", "a;id",
        "a|id", "a&id", "a>b", "../a", "/../a", "a\\b", "a#b", "*", "--option", "\u{202E}a", "a\u{2028}b",
    ]
}
