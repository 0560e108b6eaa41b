/** Prints what the JVM says its heap is. */
public final class MaxMemory {
    public static void main(String[] arguments) {
        System.out.println(Runtime.getRuntime().maxMemory());
    }
}
