import ArgumentParser
import FHIR
import FoundationEssentials
import Identity

/// `cairn wallet list [DIR]`
struct WalletListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the wallets of a folder.",
        discussion: CommandStatus.discussion(
            examples: """
                  cairn wallet list
                  cairn wallet list ~/wallets --json
                """))

    @Argument(help: "The folder.")
    var folder = "./data/wallets"

    @OptionGroup package var output: OutputOptions

    init() {}

    func run() throws {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            throw CommandFailure.usage(
                "\(folder) cannot be listed", hint: "name the wallets' folder")
        }
        var writer = JSONWriter()
        writer.beginArray()
        for name in names.sorted() where name.hasSuffix(".wallet") {
            let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
            do throws(KeyFileError) {
                let file = try WalletFile.read(path)
                WalletPrinting.write(file, path: path, to: &writer)
                if !output.json {
                    let lock = file.isLocked ? "  locked" : ""
                    Output.line("\(path)  \(file.person)  \(file.label)\(lock)")
                }
            } catch {
                // One bad file does not hide the others.
                Output.error(CommandFailure(error).text(asJSON: output.json))
            }
        }
        writer.endArray()
        if output.json { Output.json(writer.bytes) }
    }
}
