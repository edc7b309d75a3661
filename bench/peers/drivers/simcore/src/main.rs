//! simcore on E1 to E4 with callbacks (E1 also with asynchronous processes), and the binary heap of
//! Rust's standard library on the bare queue. Usage: simcore-driver e1 PROCESSES WAITS

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};
use std::rc::Rc;

use serde::Serialize;
use simcore::{Event, EventHandler, Simulation, SimulationContext};

struct Congruential(u32);

impl Congruential {
    fn exponential(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(1664525).wrapping_add(1013904223);
        -((self.0 as f64 + 0.5) / 4294967296.0).ln()
    }
}

/// Time on a processor in nanoseconds where the kernel keeps it, else user and system time in hundredths.
fn cpu_seconds() -> f64 {
    let schedstat = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    if let Some(ns) = schedstat.split(' ').next().and_then(|text| text.parse::<f64>().ok()) {
        if ns > 0.0 {
            return ns / 1e9;
        }
    }
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat[stat.rfind(')').unwrap() + 2..].split(' ').collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

fn max_rss_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

fn report(events: usize, loop_cpu: f64, check: &[f64]) {
    let check: Vec<String> = check.iter().map(|value| value.to_string()).collect();
    println!(
        "{{\"events\":{},\"loopCpu\":{},\"processCpu\":{},\"maxRssMiB\":{},\"check\":[{}]}}",
        events,
        loop_cpu,
        cpu_seconds(),
        max_rss_mib(),
        check.join(",")
    );
}

#[derive(Clone, Serialize)]
struct Wake {}

struct Shared {
    draws: Congruential,
    order: u32,
    is_tied: bool,
}

impl Shared {
    fn wait(&mut self) -> f64 {
        if self.is_tied {
            1.0
        } else {
            self.draws.exponential()
        }
    }
}

struct Process {
    number: u32,
    left: usize,
    shared: Rc<RefCell<Shared>>,
    context: SimulationContext,
}

impl EventHandler for Process {
    fn on(&mut self, _: Event) {
        let mut shared = self.shared.borrow_mut();
        shared.order = shared.order.wrapping_mul(31).wrapping_add(self.number);
        self.left -= 1;
        if self.left > 0 {
            self.context.emit_self(Wake {}, shared.wait());
        }
    }
}

fn timeouts(processes: usize, waits: usize, is_tied: bool) {
    let mut sim = Simulation::new(1);
    let draws = Congruential(42);
    let shared = Rc::new(RefCell::new(Shared { draws, order: 0, is_tied }));
    for number in 0..processes {
        let name = format!("p{}", number);
        let context = sim.create_context(&name);
        context.emit_self(Wake {}, shared.borrow_mut().wait());
        let (number, shared) = (number as u32, shared.clone());
        sim.add_handler(&name, Rc::new(RefCell::new(Process { number, left: waits, shared, context })));
    }
    let start = cpu_seconds();
    sim.step_until_no_events();
    let used = cpu_seconds() - start;
    let check = [sim.time(), shared.borrow().order as f64];
    report(processes * waits, used, if is_tied { &check } else { &check[..1] });
}

fn async_timeouts(processes: usize, waits: usize) {
    let mut sim = Simulation::new(1);
    let draws = Rc::new(RefCell::new(Congruential(42)));
    for number in 0..processes {
        let context = Rc::new(sim.create_context(format!("p{}", number)));
        let draws = draws.clone();
        sim.spawn(async move {
            for _ in 0..waits {
                let wait = draws.borrow_mut().exponential();
                context.sleep(wait).await;
            }
        });
    }
    let start = cpu_seconds();
    sim.step_until_no_events();
    report(processes * waits, cpu_seconds() - start, &[sim.time()]);
}

#[derive(Clone, Serialize)]
struct Arrival {}

#[derive(Clone, Serialize)]
struct Departure {}

struct Server {
    customers: usize,
    arrivals: Congruential,
    services: Congruential,
    line: VecDeque<f64>,
    total: f64,
    context: SimulationContext,
}

impl EventHandler for Server {
    fn on(&mut self, event: Event) {
        if event.data.is::<Arrival>() {
            self.line.push_back(event.time);
            self.customers -= 1;
            if self.customers > 0 {
                self.context.emit_self(Arrival {}, self.arrivals.exponential() / 0.9);
            }
            if self.line.len() == 1 {
                self.context.emit_self(Departure {}, self.services.exponential());
            }
        } else {
            self.total += event.time - self.line.pop_front().unwrap();
            if !self.line.is_empty() {
                self.context.emit_self(Departure {}, self.services.exponential());
            }
        }
    }
}

fn mm1(customers: usize) {
    let mut sim = Simulation::new(1);
    let context = sim.create_context("server");
    let mut arrivals = Congruential(42);
    context.emit_self(Arrival {}, arrivals.exponential() / 0.9);
    let server = Rc::new(RefCell::new(Server {
        customers,
        arrivals,
        services: Congruential(4242),
        line: VecDeque::new(),
        total: 0.0,
        context,
    }));
    sim.add_handler("server", server.clone());
    let start = cpu_seconds();
    sim.step_until_no_events();
    let used = cpu_seconds() - start;
    let mean = server.borrow().total / customers as f64;
    report(2 * customers, used, &[sim.time(), mean]);
}

struct Item {
    draws: Rc<RefCell<Congruential>>,
    context: SimulationContext,
}

impl EventHandler for Item {
    fn on(&mut self, _: Event) {
        let wait = self.draws.borrow_mut().exponential();
        self.context.emit_self(Wake {}, wait);
    }
}

fn engine_holds(size: usize, holds: usize) {
    let mut sim = Simulation::new(1);
    let draws = Rc::new(RefCell::new(Congruential(42)));
    for number in 0..size {
        let name = format!("i{}", number);
        let context = sim.create_context(&name);
        context.emit_self(Wake {}, draws.borrow_mut().exponential());
        let draws = draws.clone();
        sim.add_handler(&name, Rc::new(RefCell::new(Item { draws, context })));
    }
    let start = cpu_seconds();
    sim.steps(holds as u64);
    report(holds, cpu_seconds() - start, &[sim.time()]);
}

#[derive(PartialEq)]
struct Entry {
    time: f64,
    sequence: u64,
}

impl Eq for Entry {}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        let times = other.time.partial_cmp(&self.time).unwrap();
        times.then_with(|| other.sequence.cmp(&self.sequence))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn queue_holds(size: usize, holds: usize) {
    let mut draws = Congruential(42);
    let mut heap = BinaryHeap::new();
    let mut sequence = 0;
    while sequence < size as u64 {
        heap.push(Entry { time: draws.exponential(), sequence });
        sequence += 1;
    }
    let mut hold = |count: usize| {
        let mut last = 0.0;
        for _ in 0..count {
            last = heap.pop().unwrap().time;
            heap.push(Entry { time: last + draws.exponential(), sequence });
            sequence += 1;
        }
        last
    };
    hold(holds.min(100_000));
    let start = cpu_seconds();
    let last = hold(holds);
    report(holds, cpu_seconds() - start, &[last]);
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |at: usize| arguments[at].parse::<usize>().unwrap();
    match arguments[1].as_str() {
        "e1" => timeouts(number(2), number(3), false),
        "e1async" => async_timeouts(number(2), number(3)),
        "e2" => timeouts(number(2), number(3), true),
        "e3" => mm1(number(2)),
        "e4e" => engine_holds(number(2), number(3)),
        "e4q" => queue_holds(number(2), number(3)),
        other => panic!("unknown workload {}", other),
    }
}
