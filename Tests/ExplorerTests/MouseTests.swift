import Models
import Testing
import Tokenizers

@testable import Explorer

@Test func `over a map the wheel zooms at the pointer, elsewhere it moves`() {
  var state = ExplorerState(.synthetic(), view: "map")
  _ = update(&state, .resize(width: 80, height: 24))
  let grid = MapLayout(state.subject ?? .synthetic(), state, in: state.body).grid
  let cell = grid.cells(query: 9, key: 4)
  let under = grid.weight(atX: cell.x, y: cell.middle)
  _ = update(&state, .mouse(MouseEvent(.wheelUp, x: cell.x, y: cell.middle)))
  #expect(state.query == under?.query && state.key == under?.key)
  #expect(state.query > 5 && state.query < 12 && state.key == 4)
  let larger = state.zoom.magnification
  #expect(state.zoom != .fit)
  _ = update(&state, .mouse(MouseEvent(.wheelDown, x: 0, y: 5)))
  #expect(state.zoom.magnification < larger)
  state.views = ["atlas"]
  _ = update(&state, .mouse(MouseEvent(.wheelDown, x: 5, y: 5)))
  #expect(state.head == HeadIndex(layer: 1, head: 0))
}

@Test func `turning the wheel on means the weight that is under the pointer`() throws {
  let tokens = (0..<300).map { Token(" \($0)") }
  var state = ExplorerState(.synthetic(tokens), view: "map")
  _ = update(&state, .resize(width: 80, height: 24))
  _ = update(&state, .zoom(.cells(1)))
  _ = update(&state, .point(query: 150, key: 150))
  let plot = MapLayout(state.subject ?? .synthetic(), state, in: state.body).grid.plot
  let pointer = (x: plot.x + 40, y: plot.y + 8)
  let grid = MapLayout(try #require(state.subject), state, in: state.body).grid
  let under = try #require(grid.weight(atX: pointer.x, y: pointer.y))
  for _ in 0..<3 {
    _ = update(&state, .mouse(MouseEvent(.wheelUp, x: pointer.x, y: pointer.y)))
    #expect(abs(state.query - under.query) <= 1 && abs(state.key - under.key) <= 1)
  }
  #expect(state.zoom == .cells(4))
}

@Test func `dragging takes a map along that is larger than its window`() {
  let tokens = (0..<300).map { Token(" \($0)") }
  var state = ExplorerState(.synthetic(tokens), view: "map")
  _ = update(&state, .resize(width: 80, height: 24))
  _ = update(&state, .zoom(.cells(1)))
  _ = update(&state, .point(query: 150, key: 150))
  let before = state.origin
  let plot = MapLayout(state.subject ?? .synthetic(), state, in: state.body).grid.plot
  let pressed = (x: plot.x + 30, y: plot.y + 6)
  _ = update(&state, .mouse(MouseEvent(.press, x: pressed.x, y: pressed.y)))
  let (query, key) = (state.query, state.key)
  _ = update(&state, .mouse(MouseEvent(.drag, x: pressed.x - 10, y: pressed.y - 3)))
  #expect((state.query, state.key) == (query, key))
  #expect(state.origin.column == before.column + 10)
  #expect(state.origin.row == before.row + 6)
  let after = MapLayout(state.subject ?? .synthetic(), state, in: state.body).grid
    .cells(query: query, key: key)
  #expect((after.x, after.y) == (pressed.x - 10, pressed.y - 3))
}
