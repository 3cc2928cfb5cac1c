import ArgumentParser
import FHIR
import Identity
import LedgerCore

/// `cairn wallet show FILE`
struct WalletShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the public part of a wallet: what an administrator needs to enrol.",
        discussion: CommandStatus.discussion(
            examples: "  cairn wallet show ada.wallet > ada.public"))

    @Argument(help: "The wallet file.")
    var file: String

    @OptionGroup package var output: OutputOptions

    init() {}

    func run() throws {
        WalletPrinting.show(try WalletFile.read(file), path: file, asJSON: output.json)
    }
}

/// The public part of a wallet, on lines or as JSON.
enum WalletPrinting {
    static func show(_ file: WalletFile, path: String, asJSON: Bool) {
        if asJSON {
            var writer = JSONWriter()
            write(file, path: path, to: &writer)
            return Output.json(writer.bytes)
        }
        Output.line("wallet \(path)")
        Output.line("label \(file.label)")
        Output.line("network \(file.network)")
        Output.line("person \(file.person)")
        if let member = file.member { Output.line("member \(member)") }
        if let server = file.server { Output.line("server \(server)") }
        Output.line("locked \(file.isLocked ? "with a passphrase" : "no")")
        for key in file.publicKeys { Output.line("key \(KeyText.text(key)) \(key.id)") }
    }

    static func write(_ file: WalletFile, path: String, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("file", path)
        writer.member("label", file.label)
        writer.member("network", file.network.description)
        writer.member("person", file.person.description)
        if let member = file.member { writer.member("member", member.description) }
        if let server = file.server { writer.member("server", server) }
        writer.key("locked")
        writer.boolean(file.isLocked)
        writer.key("keys")
        writer.beginArray()
        for key in file.publicKeys {
            writer.beginObject()
            writer.member("id", key.id.description)
            writer.member("key", KeyText.text(key))
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }
}

/// A public key as people pass it on: its scheme, a colon and base64url.
enum KeyText {
    /// The schemes, by the names that people write.
    static let words = "ed25519:…, p256:…, ml-dsa-65:… or webauthn:…"

    static func text(_ key: WalletPublicKey) -> String {
        "\(key.scheme.name):\(Base64.encodeURL(key.bytes))"
    }

    /// Reads such a text; `nil` where it is none.
    ///
    /// - Parameter party: where an authenticator's key may be used; `nil` for other schemes.
    static func parse(_ text: String, at party: RelyingParty? = nil) -> PublicKey? {
        let parts = text.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let bytes = Base64.decodeURL(String(parts[1])) else { return nil }
        let scheme: StampScheme
        switch parts[0] {
        case "ed25519": scheme = .ed25519
        case "p256": scheme = .p256
        case "ml-dsa-65": scheme = .mldsa65
        case "webauthn": scheme = .webauthn
        default: return nil
        }
        // A passkey without its page would never hold.
        guard (party != nil) == (scheme == .webauthn) else { return nil }
        return try? PublicKey(scheme: scheme, bytes: bytes, relyingParty: party)
    }
}
