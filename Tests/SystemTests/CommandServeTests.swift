import Foundation
import Testing

@Suite("A node that does not start says why", .serialized)
struct CommandServeTests {
    private func serve(
        _ data: String, listen: String = "127.0.0.1:0"
    ) async throws -> CommandResult {
        try await CairnBinary.run(
            ["serve", "--data", data, "--listen", listen], timeoutSeconds: 20)
    }

    private func expect(
        _ result: CommandResult, _ exit: Int32, _ words: String...,
        place: SourceLocation = #_sourceLocation
    ) {
        #expect(result.exit == exit, "\(result)", sourceLocation: place)
        for part in words {
            #expect(result.stderr.contains(part), "\(part)\n\(result)", sourceLocation: place)
        }
    }

    @Test func whatIsNoFolderIsWrongUsage() async throws {
        let folder = try TempFolder("serve")
        try folder.write(Data("x".utf8), to: "file")
        expect(try await serve(folder.url("file").path), 2, "is a file, not a folder", "hint: ")
        expect(try await serve("/proc/x"), 2, "error: cannot make the folder /proc/x", "hint: ")
    }

    /// Nothing is founded among somebody's files.
    @Test func aFolderOfOtherThingsIsLeftAlone() async throws {
        let folder = try TempFolder("serve")
        try folder.write(Data("x".utf8), to: "thesis.txt")
        expect(
            try await serve(folder.path), 2, "is no data directory", "thesis.txt", "hint: name the")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names == ["thesis.txt"])
    }

    @Test func anEmptyFolderAndAFileSystemsOwnWillDo() async throws {
        let folder = try TempFolder("serve")
        try FileManager.default.createDirectory(
            at: folder.url("lost+found"), withIntermediateDirectories: true)
        try folder.write(Data(), to: ".hidden")
        let server = try await RunningServer.start(folder.path)
        #expect(try await server.stop().exit == 0)
    }

    @Test func missingPartsComeFromABackup() async throws {
        for part in ["keys", "keys/node.keys", "genesis.cairn"] {
            let folder = try TempFolder("serve")
            let data = folder.url("data").path
            #expect(try await RunningServer.start(data).stop().exit == 0)
            try FileManager.default.removeItem(atPath: "\(data)/\(part)")
            let result = try await serve(data)
            expect(result, 1, "error: \(data)/\(part)", "hint: restore the ", "backup")
            #expect(!result.stderr.contains("create it"), "\(result)")
        }
    }

    @Test func addressesThatCannotBeTakenAreToldInWords() async throws {
        let folder = try TempFolder("serve")
        let first = try await RunningServer.start(folder.url("one").path)
        let taken = try await serve(folder.url("two").path, listen: first.address)
        expect(taken, 4, "\(first.address): another program uses the port", "hint: stop it, or")
        #expect(!taken.stderr.contains("errno"), "\(taken)")
        let unknown = try await serve(folder.url("two").path, listen: "nobody.invalid:0")
        expect(unknown, 4, "error: cannot listen on nobody.invalid:0: the name does not", "hint: ")
        let elsewhere = try await serve(folder.url("two").path, listen: "192.0.2.1:0")
        expect(elsewhere, 4, "error: cannot listen on 192.0.2.1:0: ", "hint: name an address of")
    }

    /// An address that stands for all of them is none that a client can use.
    @Test func aListenerForAllSaysWhereToGoAndThatItIsOpen() async throws {
        let folder = try TempFolder("serve")
        let all = try await RunningServer.start(folder.url("all").path, listen: "0.0.0.0:0")
        let port = all.address.split(separator: ":").last.map(String.init) ?? ""
        #expect(all.url == "http://0.0.0.0:\(port)")
        #expect(try await all.stop().exit == 0)
        let said = all.stderr
        #expect(said.contains("export CAIRN_SERVER=http://localhost:\(port) "), "\(said)")
        let warnings = said.split(separator: "\n").filter { $0.contains("plain HTTP") }
        #expect(warnings.count == 1 && warnings[0].contains("TLS"), "\(said)")
        let one = try await RunningServer.start(folder.url("one").path)
        #expect(try await one.stop().exit == 0)
        #expect(!one.stderr.contains("plain HTTP"), "\(one.stderr)")
    }
}
