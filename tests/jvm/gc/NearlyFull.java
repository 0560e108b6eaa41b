/**
 * Fills a heap bit by bit, with garbage beside it, and says with which words that ends:
 * java -Xmx96m -XX:+UseParallelGC NearlyFull.java
 */
public class NearlyFull {
    static volatile Object garbage;
    static Object[] head;

    public static void main(String[] args) {
        try {
            while (true) {
                head = new Object[] {head};
                for (int i = 0; i < 4; i++) {
                    garbage = new byte[32];
                }
            }
        } catch (OutOfMemoryError error) {
            head = null;
            System.out.println(error.getMessage());
        }
    }
}
