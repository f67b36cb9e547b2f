use strict;
use warnings;

use AliEn::PoD;
use lib 't/lib';
use PoDTest qw(error_of);
use Test::More;

# Each setting with values that are taken and values that are refused by name.
my %PUBLISHER = (
    master_job_id => {
        good => [1, '1234567890', '9223372036854775807'],
        bad  => [0, -1, '9223372036854775808', 2**63, 1e20, '12abc', '', ' 1', '1 ', "1\n", '+1', '0x10', '1.5', "1\0",
            "\x{0661}"],
    },
    address => {
        good => ['a.example:1', 'master.cern.ch:65535', '127.0.0.1:21001', '[::1]:21001'],
        bad  => ['', 'a.example', 'a.example:0', 'a.example:70000', 'a.example:-1', ':1', 'a b:1', 'a_b..c:1', '::1:21001',
            "a.example:1\n", "a\0.example:1", "caf\xe9.example:1", "a.example:1 ", '-a.example:1', 'a.example:1x'],
    },
    wanted   => { good => [0, 1, 1000000], bad => [-1, 1000001, '', 'many', '1e3', 1.5] },
    share    => { good => ['1', '0.5', '0.000001'], bad => ['0', '1.1', '-1', 'nan', 'inf', '', 'x'] },
    protocol => { good => ['alien-pod/1', 'pod-agent/6'], bad => ['', 'alien-pod/2', 'xrootd', "alien-pod/1\0"] },
    period   => { good => [1, 25], bad => [0, 26, -1, '', '1s'] },
    rate     => { good => [0, 20], bad => [-1, 'fast'] },
);
my %WATCHER = (
    check_period   => { good => [1, 3600], bad => [0, 3601, -5, '', 'often'] },
    run_time       => { good => [0, 86400], bad => [-1, 86401, '1h'] },
    master_job_id  => { good => ['', 1, '9223372036854775807'], bad => [0, 2**63, '12abc'] },
    allow_unsigned => { good => [0, 1, ''], bad => ['yes', 2] },
    user           => { good => ['poduser', 'a.b-c_1'], bad => ['', "a\nb", 'a b', "a\0b", 'a=b', "caf\xe9"] },
    repository     => {
        good => ['http://alimonitor.cern.ch', 'https://a.example:8443/base/'],
        bad  => ['', 'ftp://a.example', 'alimonitor', 'http://', "http://a.example\0/", "http://a.example/\r\nX: y",
            'file:///etc/passwd'],
    },
);

sub check {
    my ($class, $settings) = @_;
    foreach my $name (sort keys %$settings) {
        subtest "$class $name" => sub {
            foreach my $value (@{ $settings->{$name}{good} }) {
                is(error_of(sub { $class->new($name => $value) }), undef, "takes '$value'");
            }
            foreach my $value (@{ $settings->{$name}{bad} }) {
                my $error = error_of(sub { $class->new($name => $value) });
                (my $shown = $value) =~ s/([^ -~])/sprintf '\\x{%x}', ord $1/ge;
                isa_ok($error, 'AliEn::PoD::Error', "refusal of '$shown'");
                is($error->code, 64, '... a wrong argument');
                like($error->message, qr/^[^\n]+$/, '... in one line');
            }
        };
    }
}

check('AliEn::PoD::Publisher', \%PUBLISHER);
check('AliEn::PoD::Watcher',   \%WATCHER);

subtest 'destinations' => sub {
    foreach my $good ('a.example', 'a.example:8884', '127.0.0.1:8884 password', '[::1]:8884', './apmon.conf',
        'http://a.example/apmon.conf')
    {
        is(error_of(sub { AliEn::PoD::Publisher->new(destinations => [$good]) }), undef, "takes $good");
    }
    foreach my $bad ('', 'a.example:0', 'a.example:70000', "a\0b:1", ':8884') {
        isa_ok(error_of(sub { AliEn::PoD::Publisher->new(destinations => [$bad]) }), 'AliEn::PoD::Error', "'$bad'");
    }
    is(error_of(sub { AliEn::PoD::Publisher->new(destinations => 'a.example') }), undef, 'one without a list');
};

subtest 'a refused setting names itself, the value and what was expected' => sub {
    my $error = error_of(sub { AliEn::PoD::Publisher->new(wanted => 'many') });
    like($error, qr/wanted/,  'the setting');
    like($error, qr/many/,    'the value');
    like($error, qr/1000000/, 'what was expected');
};

subtest 'values are read as Perl reads them' => sub {
    {

        package Tied;
        sub TIESCALAR { my ($class, $value) = @_; return bless \$value, $class }
        sub FETCH { return ${ $_[0] } }

        package Overloaded;
        use overload '""' => sub { $_[0]{text} };
    }
    tie my $period, 'Tied', 26;
    like(error_of(sub { AliEn::PoD::Publisher->new->_set('period', $period, 0) }), qr/"26"/, 'a tied one is fetched');
    is(error_of(sub { AliEn::PoD::Publisher->new(address => bless { text => 'a.example:1' }, 'Overloaded') }), undef,
        'an object is its text');
    like(error_of(sub { AliEn::PoD::Publisher->new(address => []) }), qr/address/i, 'a reference is refused');
    my $number = 25;
    AliEn::PoD::Publisher->new(period => $number);
    require B;
    ok(!(B::svref_2object(\$number)->FLAGS & B::SVf_POK()), 'and a number stays one');
};

subtest 'unknown arguments' => sub {
    foreach my $case (
        ['a publisher', sub { AliEn::PoD::Publisher->new(master_jobid => 1) }, qr/'master_jobid'/],
        ['publish',     sub { AliEn::PoD::Publisher->new->publish(want => 1) }, qr/'want'/],
        ['a watcher',   sub { AliEn::PoD::Watcher->new(repositories => 'x') }, qr/'repositories'/],
        ['run',         sub { AliEn::PoD::Watcher->new(repository => 'http://a')->run(x => 1) }, qr/'x'/],
        )
    {
        my ($what, $code, $pattern) = @$case;
        like(error_of($code), $pattern, "$what names it");
    }
};

subtest 'undef is not set' => sub {
    is(error_of(sub { AliEn::PoD::Publisher->new(share => undef, destinations => undef) }), undef, 'publisher');
    is(error_of(sub { AliEn::PoD::Watcher->new(master_job_id => undef, repository => undef) }), undef, 'watcher');
};

subtest 'what is missing is named' => sub {
    my $publisher = AliEn::PoD::Publisher->new(master_job_id => 1, address => 'a.example:1');
    like(error_of(sub { $publisher->publish }), qr/destination/, 'destination');
    like(error_of(sub { AliEn::PoD::Publisher->new(destinations => ['127.0.0.1:1'])->publish }),
        qr/master_job_id/, 'master_job_id');
    like(error_of(sub { AliEn::PoD::Watcher->new->check }), qr/repository/, 'repository');
    like(error_of(sub { AliEn::PoD::Watcher->new->worker_ended(0) }), qr/no master was found/, 'a master');
};

done_testing;
