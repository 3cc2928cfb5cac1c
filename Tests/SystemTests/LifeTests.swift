import Foundation
import Testing

@Suite("The server's life", .serialized)
struct LifeTests {
    @Test func startsAnswersAndStops() async throws {
        let folder = try TempFolder("life")
        let server = try await RunningServer.start(folder.path + "/data")
        let client = try await server.client()
        #expect(try await client.count("Patient") == 0)
        #expect(try await server.stop().exit == 0)
    }
}
