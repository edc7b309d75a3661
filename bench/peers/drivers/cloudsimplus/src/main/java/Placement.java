// CloudSim Plus on V1, written from its documentation: machines onto equal hosts by its first-fit
// policy, which goes on from the last used host. Usage: Placement v1 HOSTS MACHINES

import ch.qos.logback.classic.Level;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.cloudsimplus.allocationpolicies.VmAllocationPolicyFirstFit;
import org.cloudsimplus.brokers.DatacenterBrokerSimple;
import org.cloudsimplus.core.CloudSimPlus;
import org.cloudsimplus.datacenters.DatacenterSimple;
import org.cloudsimplus.hosts.Host;
import org.cloudsimplus.hosts.HostSimple;
import org.cloudsimplus.resources.Pe;
import org.cloudsimplus.resources.PeSimple;
import org.cloudsimplus.util.Log;
import org.cloudsimplus.vms.Vm;
import org.cloudsimplus.vms.VmSimple;

public final class Placement {
    private static final int HOST_CORES = 144;
    private static final long HOST_MIB = 204_800;
    private static final long PLENTY = 1_000_000_000;
    private static final int MIPS = 1000;
    private static final int[] CORES = {1, 2, 4, 8};
    private static final int[] MIB = {512, 1024, 2048};
    private static final double STOP_AT = 10;

    private static int state = 42;
    private static int placed = 0;
    private static long placedCores = 0;
    private static int order = 0;

    private static double uniform() {
        state = 1664525 * state + 1013904223;
        return (Integer.toUnsignedLong(state) + 0.5) / 4294967296.0;
    }

    /** A machine was given a host. */
    private static void note(long host, int cores) {
        placed++;
        placedCores += cores;
        order = 31 * order + (int) host;
    }

    private static double cpuSeconds() {
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return system.getProcessCpuTime() / 1e9;
    }

    private static double maxRssMib() throws Exception {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM")) return Double.parseDouble(line.trim().split("\\s+")[1]) / 1024;
        }
        return 0;
    }

    public static void main(String[] arguments) throws Exception {
        Log.setLevel(Level.OFF);
        int hostCount = Integer.parseInt(arguments[1]);
        int machineCount = Integer.parseInt(arguments[2]);
        double start = cpuSeconds();
        var simulation = new CloudSimPlus();
        List<Host> hosts = new ArrayList<>();
        for (int i = 0; i < hostCount; i++) {
            List<Pe> cores = new ArrayList<>();
            for (int core = 0; core < HOST_CORES; core++) cores.add(new PeSimple(MIPS));
            hosts.add(new HostSimple(HOST_MIB, PLENTY, PLENTY, cores));
        }
        new DatacenterSimple(simulation, hosts, new VmAllocationPolicyFirstFit());
        var broker = new DatacenterBrokerSimple(simulation);
        List<Vm> machines = new ArrayList<>();
        for (int i = 0; i < machineCount; i++) {
            int cores = CORES[(int) (CORES.length * uniform())];
            int mib = MIB[(int) (MIB.length * uniform())];
            var machine = new VmSimple(MIPS, cores);
            machine.setRam(mib).setBw(1).setSize(1);
            machine.addOnHostAllocationListener(info -> note(info.getHost().getId(), cores));
            machines.add(machine);
        }
        broker.submitVmList(machines);
        simulation.terminateAt(STOP_AT);
        simulation.start();
        System.out.printf(
            "{\"events\":%d,\"loopCpu\":%s,\"processCpu\":%s,\"maxRssMiB\":%s,\"check\":[%d,%d,%d]}%n",
            placed, cpuSeconds() - start, cpuSeconds(), maxRssMib(), placed, placedCores, Integer.toUnsignedLong(order));
    }
}
